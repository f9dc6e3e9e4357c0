"""The lock of a data set in a folder on disk."""

import pytest

from pixelmill.dataset_lock import take_lock
from pixelmill.errors import InputError


def test_one_run_at_a_time_has_a_data_set(tmp_path):
    lock = take_lock(str(tmp_path), "pets")
    with pytest.raises(InputError, match=r"another run works on the data set 'pets'"):
        take_lock(str(tmp_path), "pets")
    take_lock(str(tmp_path), "digits").release()
    lock.release()
    take_lock(str(tmp_path), "pets").release()


def test_a_storage_that_cannot_be_written_is_one_sentence(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"pets cannot be written \(Not a directory\): give this"):
        take_lock(f"{tmp_path}/file", "pets")
