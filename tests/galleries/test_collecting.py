"""Galleries as sites make them, gone through in a real browser: nothing lost, nothing doubled."""

import pytest

from pixelmill.errors import InputError
from pixelmill.galleries import Access, collect_gallery
from pixelmill.galleries.collecting import open_walks
from pixelmill.galleries.visit import INLINE, NO_ADDRESS

NEXT = {"next": "[rel=next]", "scroll": False}


def test_lazy_images_scrolling_and_a_button(gallery, site):
    listed = gallery.collect("/violet/", "/blue/", more=".load-more")
    assert gallery.urls == sorted(site.photos("violet", "blue"))
    assert listed.images == len(gallery.rows) == 12
    first = gallery.rows[0]
    assert first["page"] == f"{site.url}/violet/"
    assert [row["position"] for row in gallery.rows] == [*range(8), *range(4)]


def test_pages_with_pictures_of_many_sizes(gallery, site):
    gallery.collect("/pages/0", **NEXT)
    assert gallery.urls == sorted(site.photos("blue", "green", "red"))


def test_an_order_that_changes_between_pages(gallery, site):
    """The second page shows one work of the first again, and lacks another one."""
    gallery.collect("/moving/0", **NEXT)
    assert gallery.urls == sorted(site.photos("yellow"))


def test_pages_of_single_images(gallery, site):
    """Addresses and labels are on pages of their own, each of which is opened once."""
    before = site.asked["/single/red1.jpg"]
    listed = gallery.collect("/single", link="a", image=".big", label=".colour", scroll=False)
    found = {row["url"] for row in gallery.rows}
    assert site.photos("blue") < found
    assert len(gallery.rows) == len(found) == 6
    assert {row["label"] for row in gallery.rows} == {"blue", "red"}
    assert listed.skipped == {"linked pages: HTTP 404": 1}
    assert listed.problems == [f"{site.url}/private/1 (robots.txt forbids it)"]
    gallery.collect("/single", link="a", image=".big", label=".colour", scroll=False)
    assert len(gallery.rows) == 6
    assert site.asked["/single/red1.jpg"] == before + 1


def test_script_errors_and_items_that_never_load(gallery, site):
    listed = gallery.collect("/broken")
    assert len(gallery.urls) == len(site.photos("blue") & set(gallery.urls)) == 2
    assert listed.skipped == {NO_ADDRESS: 2, INLINE: 1}


def test_every_label_of_an_image_is_in_the_list(gallery, site):
    gallery.collect("/labels", label="b", limits={"wait": 1})
    names = [row["url"].rpartition("/")[2].partition(".")[0] for row in gallery.rows]
    labels = [row["label"] for row in gallery.rows]
    assert labels == ["dark blue sky", "sea", "late", "sea"]
    assert names[0] == names[3] != names[1]
    assert [row["position"] for row in gallery.rows] == [0, 1, 2, 0]
    assert len(open_walks(gallery.collector("/labels", label="b"), gallery.storage)[0].images) == 4


def test_what_items_show_until_they_are_loaded_is_no_image(gallery, site):
    gallery.collect("/spinner", limits={"wait": 2})
    assert gallery.urls == sorted(site.photos("blue", "red"))


def test_a_pause_before_a_page_is_no_time_in_which_it_shows_nothing(gallery):
    gallery.collect("/pages/2", politeness={"delay": 1.2}, limits={"idle": 1}, **NEXT)
    assert len(gallery.rows) == 12


def test_pages_that_always_lead_to_another_one_end(gallery, site, caplog):
    before = site.asked.total()
    gallery.collect("/always_more/0", **NEXT)
    assert gallery.urls == sorted(site.photos("blue", "red"))
    pages = {path for path in site.asked if path.startswith("/always_more/")}
    assert len(pages) == 12
    assert site.asked.total() - before < 50
    assert "10 pages in a row showed nothing that others had not" in caplog.text


def test_robots_txt_forbids_a_part(gallery, site):
    before = site.asked["/private/"]
    listed = gallery.collect("/private/", "/leads_there", **NEXT)
    assert gallery.urls == sorted(site.photos("blue"))
    assert listed.problems == [f"{site.url}/private/ (robots.txt forbids it)"] * 2
    assert site.asked["/private/"] == before
    listed = gallery.collect("/private/", politeness={"robots": False})
    assert gallery.urls == sorted(site.photos("white"))
    assert listed.problems == []


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("Robots=noindex,%20NoAI", "noai"), ("PixelMill=noimageindex", "noimageindex"),
        ("tdm-reservation=1", "tdm-reservation"), ("header=noimageai", "noimageai"),
    ],
)  # fmt: skip
def test_images_that_their_page_reserves_are_left_out(gallery, said, reason):
    with pytest.raises(InputError, match=rf"the page reserves its images \({reason}\)"):
        gallery.collect(f"/reserved?{said}", scroll=False)


def test_a_page_that_speaks_of_itself_or_to_others_is_taken(gallery, site):
    gallery.collect("/reserved?Robots=noindex,follow&header=otherbot:%20noai", scroll=False)
    assert gallery.urls == sorted(site.photos("blue"))


def test_nothing_is_taken_from_a_page_that_a_redirect_hides(gallery, site):
    with pytest.raises(InputError, match="txt forbids it"):
        gallery.collect("/away")


def test_pages_are_turned_by_a_button(gallery, site):
    gallery.collect("/buttons", **NEXT)
    assert gallery.urls == sorted(site.photos("green"))


def test_as_many_as_are_wanted_and_later_more(gallery, site):
    gallery.collect("/pages/0", at_most=6, **NEXT)
    assert len(gallery.rows) == 6
    first = site.asked["/pages/0"]
    gallery.collect("/pages/0", at_most=9, **NEXT)
    assert len(set(gallery.urls)) == len(gallery.rows) == 9
    assert site.asked["/pages/0"] == first  # it went on with the second page
    gallery.collect("/pages/0", at_most=3, **NEXT)
    assert len(gallery.rows) == 3


def test_a_finished_gallery_is_left_alone_unless_refreshed(gallery, site):
    """It needs no browser any more, and takes the labels that the collector has now."""
    gallery.collect("/pages/4", **NEXT)
    before = site.asked["/pages/4"]
    labelled = gallery.collector("/pages/4", label_of_all="red", **NEXT)
    collect_gallery(labelled, gallery.storage, Access(browser="/nowhere/chromium"))
    assert {row["label"] for row in gallery.rows} == {"red"}
    assert site.asked["/pages/4"] == before
    gallery.collect("/pages/4", refresh=True, **NEXT)
    assert site.asked["/pages/4"] == before + 1
    assert len(gallery.rows) == 4


def test_a_busy_page_is_tried_again_and_then_left_to_the_next_run(gallery, site, monkeypatch):
    monkeypatch.setattr("pixelmill.galleries.tabs.PAUSE", 0.01)
    monkeypatch.setattr("pixelmill.galleries.walk.VISITS", 1)
    site.down.add("/pages/3")
    listed = gallery.collect("/pages/1", **NEXT)
    assert listed.problems == [f"{site.url}/pages/3 (HTTP 503)"]
    assert len(gallery.rows) == 8
    site.down.clear()
    first = site.asked["/pages/1"]
    listed = gallery.collect("/pages/1", **NEXT)
    assert listed.problems == []
    assert len(set(gallery.urls)) == len(gallery.rows) == 16
    assert site.asked["/pages/1"] == first + 1  # again, for what another order has hidden


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"item": "div..x"}, "collector's item is 'div..x': it is no CSS selector"),
        ({"item": ".nothing"}, "nothing there is what the collector's item .'.nothing'. says"),
        ({"image": ".nothing"}, "check the collector's image .'.nothing'."),
    ],
)
def test_a_wrong_collector_is_one_sentence(gallery, given, sentence):
    with pytest.raises(InputError, match=sentence):
        gallery.collect("/broken", scroll=False, **given)
