"""Digests of what lies on S3 and is used again."""

import hashlib
import io
import subprocess

import boto3
import pytest
from boto3.s3.transfer import TransferConfig

from pixelmill.aws.digests import checksums, is_unchanged_on_s3, upload_with_digest
from pixelmill.errors import InputError

PLACE = "s3://photos/mill/_emr/environments/python3.11.tar.gz"
KEY = PLACE.removeprefix("s3://photos/")
CONTENT = b"archive" * 1000


def test_sha256sum_reads_the_list(tmp_path):
    files = {"a b.txt": b"1", "c.whl": b""}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    listed = checksums(files)
    check = ["sha256sum", "--check", "--strict", "-"]
    assert subprocess.run(check, cwd=tmp_path, input=listed, check=False).returncode == 0
    (tmp_path / "c.whl").write_bytes(b"x")
    assert subprocess.run(check, cwd=tmp_path, input=listed, check=False).returncode == 1


def test_what_was_uploaded_is_unchanged_and_whole(s3):
    assert not is_unchanged_on_s3(s3, PLACE)
    upload_with_digest(s3, io.BytesIO(CONTENT), PLACE)
    assert is_unchanged_on_s3(s3, PLACE)
    assert s3.get_object(Bucket="photos", Key=KEY)["Body"].read() == CONTENT


@pytest.mark.parametrize(
    "metadata", [{}, {"sha256": "0" * 64}, {"sha256": hashlib.sha256(CONTENT).hexdigest()}]
)
@pytest.mark.parametrize("algorithm", [{}, {"ChecksumAlgorithm": "SHA256"}])
def test_what_another_program_wrote_is_refused(s3, metadata, algorithm):
    upload_with_digest(s3, io.BytesIO(CONTENT), PLACE)
    s3.put_object(Bucket="photos", Key=KEY, Body=b"other", Metadata=metadata, **algorithm)
    with pytest.raises(InputError, match="is not what a launch put there: another program wrote"):
        is_unchanged_on_s3(s3, PLACE)


def test_an_object_in_parts_is_compared_by_its_content(s3):
    content = bytes(6 * 2**20)
    boto3.client("s3").upload_fileobj(
        io.BytesIO(content),
        "photos",
        KEY,
        ExtraArgs={"Metadata": {"sha256": hashlib.sha256(content).hexdigest()}},
        Config=TransferConfig(multipart_threshold=5 * 2**20, multipart_chunksize=5 * 2**20),
    )
    assert is_unchanged_on_s3(s3, PLACE)
