"""A WebP's first picture counts; what follows may be missing or broken."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixelmill.errors import UndecodableImageError
from pixelmill.images.decoding import decode
from pixelmill.images.limits import Limits
from pixelmill.images.pillow_decoding import NO_WEBP_END
from tests.images.pictures import file_of, oriented, scene, stored_for

WAYS = {
    "lossy": {"quality": 60},
    "lossless": {"lossless": True},
    "alpha": {"quality": 60, "exact": True},
    "metadata": {"lossless": True, "exif": oriented(6), "xmp": b"<x/>" * 20, "icc_profile": b"no"},
    "animation": {"lossless": True, "save_all": True, "append_images": [scene((48, 36))]},
}


def webp(name):
    image = scene((48, 36))
    if name == "alpha":
        image.putalpha(image.convert("L"))
    return file_of(image, "WEBP", **WAYS[name])


@pytest.mark.parametrize("name", WAYS)
@settings(max_examples=60, deadline=None)
@given(share=st.floats(0, 1, exclude_max=True))
def test_a_cut_file_gives_the_whole_picture_or_a_reason(name, share):
    data = webp(name)
    cut = data[: max(12, int(share * len(data)))]
    try:
        found = decode(cut, Limits(10_000))
    except UndecodableImageError as problem:
        reason = str(problem)
    else:
        reason = None
        assert NO_WEBP_END in found.remarks
        assert (found.pixels == decode(data, Limits(10_000)).pixels).all()
    assert reason is None or reason.startswith("truncated image: ")


def test_metadata_that_is_cut_costs_no_picture(rgb, remarks):
    upright = scene((48, 36))
    data = file_of(stored_for(upright, 6), "WEBP", lossless=True, exif=oriented(6), xmp=b"<x/>" * 9)
    assert (rgb(data[:-10]) == np.asarray(upright)).all()
    assert remarks(data[:-10]) == (NO_WEBP_END,)
    assert remarks(data) == ()


def test_a_cut_that_leaves_open_which_side_is_up_is_an_error(rgb):
    data = file_of(scene((48, 36)), "WEBP", lossless=True, exif=oriented(6))
    with pytest.raises(UndecodableImageError, match=r"^truncated image: it ends before it says"):
        rgb(data[:-3])


def test_a_file_that_says_it_is_longer_than_its_picture_is_whole(rgb):
    data = webp("lossless")
    longer = data[:4] + (len(data) + 500).to_bytes(4, "little") + data[8:]
    assert (rgb(longer) == np.asarray(scene((48, 36)))).all()


def test_no_picture_inside(rgb):
    with pytest.raises(UndecodableImageError, match=r"^corrupt image: it ends before its pixels"):
        rgb(b"RIFF\x0c\0\0\0WEBPEXIF\0\0\0\0")
