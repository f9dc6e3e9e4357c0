"""The day of EXIF, in every kind of file that has it, and none where it is damaged."""

import io
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pixelmill.images.date_taken import date_taken
from pixelmill.images.tiff import exif_date

OF_CAMERA, TAKEN, DIGITIZED, CHANGED = 0x8769, 0x9003, 0x9004, 0x0132


def exif_of(**tags):
    exif = Image.Exif()
    exif[CHANGED] = "2024:12:31 23:59:59"
    exif.get_ifd(OF_CAMERA).update({globals()[name]: value for name, value in tags.items()})
    return exif


def file_of(kind, exif):
    if kind == "TIFF":  # whose directory is EXIF itself; Pillow writes no second one
        return exif.tobytes().removeprefix(b"Exif\0\0")
    out = io.BytesIO()
    Image.new("RGB", (7, 5)).save(out, kind, exif=exif)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_the_date_is_read_from_each_kind_of_file(kind):
    data = file_of(kind, exif_of(TAKEN="2019:03:02 10:11:12"))
    assert date_taken(data) == date(2019, 3, 2)
    assert date_taken(file_of(kind, exif_of())) is None, "the day of a change is another one"


@pytest.mark.parametrize("text", ["0000:00:00 00:00:00", "2023:02:30 00:00:00", "    :  :  ", ""])
def test_what_no_calendar_has_is_no_date(text):
    assert date_taken(file_of("JPEG", exif_of(TAKEN=text))) is None
    both = exif_of(TAKEN=text, DIGITIZED="2001:02:03 00:00:00")
    assert date_taken(file_of("JPEG", both)) == date(2001, 2, 3)


def test_other_files_have_none():
    assert date_taken(b"") is None
    assert date_taken(b"\xff\xd8") is None
    assert date_taken(b"\x89PNG\r\n\x1a\n" + b"\xff" * 20) is None
    assert date_taken(b"RIFF\xff\xff\xff\xffWEBPVP8X\0\0\0\0") is None


@given(place=st.integers(0, 400), value=st.integers(0, 255), end=st.integers(0, 400))
def test_damage_is_no_error(place, value, end):
    data = bytearray(exif_of(TAKEN="2019:03:02 10:11:12").tobytes())
    data[place % len(data)] = value
    found = exif_date(bytes(data[: len(data) - end % len(data)]))
    assert found is None or isinstance(found, date)
