"""What one decodes of a shared file serves others in the same thread, and only of that file."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from pixelmill.images.decoding import decode
from pixelmill.images.jpeg import read_header
from pixelmill.images.limits import Limits
from pixelmill.images.sharing import is_shared, once, shared_decoding


@pytest.fixture
def photo(assets):
    return next((assets / "pets" / "Bengal").glob("*.jpg")).read_bytes()


def test_what_is_shared_cannot_be_written(photo):
    with shared_decoding() as shared:
        shared.take(photo)
        first, second = (decode(photo, Limits()) for _ in range(2))
        assert read_header(photo) is read_header(photo)
    assert first.pixels is second.pixels
    with pytest.raises(ValueError, match="read-only"):
        first.pixels[0, 0, 0] = 1


def test_pixels_of_other_files_and_of_an_equal_one_are_made_again(photo):
    equal = bytes(bytearray(photo))
    with shared_decoding() as shared:
        shared.take(photo)
        first = decode(photo, Limits())
        again = decode(equal, Limits())
        shared.take(equal)
        assert decode(photo, Limits()).pixels is not first.pixels
    assert again.pixels is not first.pixels
    assert again.pixels.flags.writeable


def test_another_thread_shares_nothing_and_the_outer_file_comes_back(photo):
    with shared_decoding() as shared, ThreadPoolExecutor(1) as pool:
        shared.take(photo)
        assert not pool.submit(is_shared, photo).result()
        with shared_decoding():
            assert not is_shared(photo)
        assert is_shared(photo)
    assert not is_shared(photo)


def test_work_that_failed_is_done_again():
    content, results = b"content", iter([ValueError, 7])

    def work():
        if (result := next(results)) is ValueError:
            raise ValueError("first")
        return result

    with shared_decoding() as shared:
        shared.take(content)
        with pytest.raises(ValueError, match="first"):
            once(content, "key", work)
        assert once(content, "key", work) == once(content, "key", work) == 7
