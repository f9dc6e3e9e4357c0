"""Pages and pictures that lack images are written again, unless no later run could read them."""

import pytest

from pixelmill.datasets.page_of_images import PageOfImages
from pixelmill.datasets.png_image import PngImage
from pixelmill.pages import templates
from pixelmill.parameters import ReportingParameters
from pixelmill.pipelines.reporting.nodes import draw_prediction_sheet
from pixelmill.pipelines.reporting.samples import Chosen, with_pictures

EVIL = 'class="gone">unreadable, no.jpg'


@pytest.fixture
def page(tmp_path):
    return PageOfImages(filepath=str(tmp_path / "page.html"))


@pytest.mark.parametrize("kind", ["div", "span"])
@pytest.mark.parametrize("attributes", ["", ' title="a &gt; b.jpg: unreadable, no"'])
@pytest.mark.parametrize(
    ("problem", "again"), [("unreadable, read failed: EIO", True), ("no thumbnail: corrupt", False)]
)
def test_a_page_is_unfinished_where_an_image_could_not_be_read(
    page, kind, attributes, problem, again
):
    assert not page.is_unfinished()
    page.save(f'<b>unreadable, x</b><{kind} class="gone small"{attributes}>{problem}</{kind}>')
    assert page.is_unfinished() is again


def test_a_name_that_looks_like_a_missing_image_is_none(page):
    template = '<p title="{{ name }}">{{ name }}</p><img class="gone" alt="{{ name }}">'
    page.save(templates(lambda _: template).get_template("page").render(name=EVIL))
    assert not page.is_unfinished()


def test_the_sheet_of_predictions_is_unfinished_while_an_image_is_unread(tmp_path):
    (tmp_path / "text.jpg").write_bytes(b"no picture")
    sheet = PngImage(filepath=str(tmp_path / "sheet.png"))
    assert not sheet.is_unfinished()
    for paths, again in ((["text.jpg", "gone.jpg"], True), (["text.jpg"], False)):
        samples = list(with_pictures([Chosen(path) for path in paths], str(tmp_path), 32))
        sheet.save(draw_prediction_sheet(samples, ReportingParameters()))
        assert sheet.is_unfinished() is again
