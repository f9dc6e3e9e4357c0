"""Names of files and classes that a page must show and never obey.

Classes and names of images come from Spark, whose text holds no lone surrogate; the folder that was
asked for comes from Python, where a byte that is not UTF-8 is one.
"""

EVIL = (
    "<script>alert('label')</script>",
    "\"><img src='http://example.invalid/x.png' onerror='alert(1)'>",
    "</style></script><b id='injected'>bold</b>",
    "{{ 7 * 7 }} {% raw %}",
    "line\nbreak 'and' \"quotes\" & ampersand é বাংলা \ufffd",
    "",
    "long" * 75,
    "7",
)

NOT_UTF8 = "<b>folder</b> \udcff"
