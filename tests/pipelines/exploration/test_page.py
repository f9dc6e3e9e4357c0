"""The page of images without classes and dates."""

from pixelmill.pipelines.exploration.page import render
from pixelmill.thumbnails.reading import Picture


def test_images_without_labels_have_a_contact_sheet():
    summary = {
        "images": 3,
        "bytes": 10,
        "unreadable": 0,
        "formats": {"PNG": 3},
        "modes": {"RGB": 3},
        "width": None,
        "labels": 0,
        "unlabelled": 3,
        "taken": {"dated": 0},
        "classes": {},
        "is_imbalanced": False,
        "findings": {},
        "frequent": [],
        "notes": [],
        "most_important": [],
    }
    pictures = {name: Picture(b"webp", None) for name in ("a.png", "b.png")}
    page = render("pets", summary, {}, {None: ["a.png", "b.png"]}, pictures, {})
    assert 'No label <span class="note">3, of which 2 are shown</span>' in page
    assert page.count('<img src="data:') == 2
    assert "Formats and classes" not in page
    assert "no EXIF names a possible date" in page
    assert "largest of" not in page
