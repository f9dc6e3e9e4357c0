"""Names of files and classes that a page must show and never obey."""

EVIL = (
    "<script>alert('label')</script>",
    "\"><img src='http://example.invalid/x.png' onerror='alert(1)'>",
    "</style></script><b id='injected'>bold</b>",
    "{{ 7 * 7 }} {% raw %}",
    "line\nbreak 'and' \"quotes\" & ampersand é বাংলা \udcff",
    "",
    "long" * 75,
    "7",
)
