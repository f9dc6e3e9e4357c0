"""Pages escape what they show, and are text that can be written."""

import pytest
from jinja2 import UndefinedError

from pixelmill.pages import as_utf8, file_of, script_hash, templates

TEXTS = {"page": "<p title='{{ path }}'>{{ path | sentence }}</p>", "hole": "{{ missing }}"}


@pytest.fixture
def environment():
    return templates(TEXTS.__getitem__)


def test_what_a_page_shows_is_escaped(environment):
    page = environment.get_template("page").render(path="<b>'")
    assert page == "<p title='&lt;b&gt;&#39;'>&lt;b&gt;&#39;.</p>"


def test_no_mark_in_a_name_reorders_the_page(environment):
    page = environment.get_template("page").render(path="\u202egpj.exe \u2067שחר")
    assert page == "<p title='\ufffdgpj.exe \ufffdשחר'>\ufffdgpj.exe \ufffdשחר.</p>"
    assert environment.from_string("{{ names | tojson }}").render(names=["\u202e"]) == '["\\u202e"]'


def test_what_a_page_lacks_is_an_error(environment):
    with pytest.raises(UndefinedError):
        environment.get_template("hole").render()


def test_a_script_is_known_by_its_hash():
    assert script_hash("") == "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    assert script_hash("a") != script_hash("a ")


def test_names_that_are_no_utf8_can_be_written():
    assert as_utf8("caf\udce9 é").encode() == "caf? é".encode()


def test_files_of_a_package_are_read_as_utf8():
    assert "color-scheme" in file_of("pixelmill.pipelines.reporting", "report.css")
