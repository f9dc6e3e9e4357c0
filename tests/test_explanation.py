"""Messages where a run cannot go on."""

import pytest
from kedro.io import DataCatalog
from kedro.io.core import AbstractDataset, DatasetError
from kedro_datasets.json import JSONDataset

from pixelmill.errors import InputError
from pixelmill.explanation import explanation
from tests.s3_proxy import Fault

ALL_RIGHTS = "s3:GetObject, s3:ListBucket and, to write, s3:PutObject and s3:DeleteObject"


def wrapped(problem):
    """The problem as it arrives from a Kedro dataset."""
    outer = DatasetError("Failed while saving data")
    outer.__cause__ = problem
    return outer


def test_bad_input_is_reported_in_its_own_sentence_at_any_depth():
    assert explanation(wrapped(InputError("no such folder"))) == "no such folder"


def test_a_full_disk_is_reported_with_advice():
    message = explanation(wrapped(OSError(28, "No space left on device")))
    assert message is not None
    assert message.startswith("the disk is full: free some space")


@pytest.mark.parametrize(
    "reason",
    [
        PermissionError(13, "Permission denied", "/data/pets"),
        OSError(30, "Read-only file system", "/data/pets"),
    ],
)
def test_a_folder_that_cannot_be_written_to_is_one_sentence(reason):
    message = explanation(wrapped(reason))
    assert message is not None
    assert message.startswith(f"/data/pets cannot be used ({reason.strerror}): see that you may")


def test_a_file_in_the_place_of_a_folder_is_one_sentence(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError) as problem:
        (tmp_path / "file" / "pets").mkdir()
    message = explanation(problem.value)
    assert message is not None
    assert "file/pets cannot be used (Not a directory)" in message


def test_bad_input_of_a_python_worker_is_reported_from_sparks_text():
    text = (
        "An error occurred while calling o82.parquet.\n"
        ": org.apache.spark.SparkException: Job aborted due to stage failure: Task 1 failed\n"
        "Traceback (most recent call last):\n"
        '  File "s3.py", line 123, in read\n'
        "    raise read_error(error, self.root) from error\n"
        "pixelmill.errors.InputError: s3://b/p: the AWS credentials have expired; log in again.\n"
        "\n\tat org.apache.spark.api.python.BasePythonRunner.handlePythonException\n"
    )
    message = explanation(wrapped(RuntimeError(text)))
    assert message == "s3://b/p: the AWS credentials have expired; log in again."


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "s3a://b/x: AmazonS3Exception: It has expired. (Status Code: 400; Code: ExpiredToken)",
            "s3://b: the AWS credentials have expired; log in again.",
        ),
        (
            "org.apache.hadoop.fs.s3a.UnknownStoreException: `s3a://b/x': Bucket does not exist",
            "s3://b: there is no such bucket; check the name and the endpoint.",
        ),
        (
            "to JSONDataset(filepath=PurePosixPath('b/x\n.json'), protocol='s3'). (ExpiredToken)",
            "s3://b: the AWS credentials have expired; log in again.",
        ),
        (
            "the s3 client: An error occurred (NoSuchBucket) when calling PutObject",
            "s3://mine/tables: there is no such bucket; check the name and the endpoint.",
        ),
        (
            "java.nio.file.AccessDeniedException: s3a://b/x: PUT 0-byte object on x: 403",
            f"s3://b: access denied; these AWS credentials need {ALL_RIGHTS}.",
        ),
        (
            "AWSServiceThrottledException: open s3a://b/x: Please reduce your request rate.",
            "s3://b: S3 answers 503 to every try; run the same command again later.",
        ),
        ("AccessDeniedException: /tmp/s3/x", None),
        ("a page about ExpiredToken", None),
    ],
)
def test_s3_errors_of_other_libraries_are_one_sentence(text, sentence, monkeypatch):
    monkeypatch.setenv("PIXELMILL_STORAGE", "s3://mine/tables")
    assert explanation(wrapped(RuntimeError(text))) == sentence


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (Fault("denied", methods="HEAD|GET"), "need s3:ListBucket and s3:GetObject."),
        (Fault("denied", methods="PUT"), "access denied; these AWS credentials need s3:PutObject."),
        (Fault("slow_down", methods="HEAD"), "S3 answers 503 to every try; run the same command"),
        (Fault("slow_down", methods="PUT"), "S3 answers SlowDown to every try; run the same comm"),
        (Fault("internal_error", methods="GET"), "S3 answers InternalError to every try; run the"),
    ],
    ids=lambda given: f"{given.kind}-{given.methods}" if isinstance(given, Fault) else "",
)
def test_a_file_that_s3_does_not_give_is_not_called_damaged(
    s3, s3_proxy, monkeypatch, fault, sentence
):
    s3.put_object(Bucket="photos", Key="metrics.json", Body=b"{}")
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_proxy.url)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    s3_proxy.set(fault)
    stored = JSONDataset(
        filepath="s3://photos/metrics.json",
        fs_args={"skip_instance_cache": True},
    )
    with pytest.raises(DatasetError) as caught:
        stored.save({"accuracy": 1.0}) if fault.methods == "PUT" else stored.load()
    message = explanation(caught.value)
    assert message.startswith("s3://photos: ")
    assert sentence in message


def test_our_own_mistakes_keep_their_stack_trace():
    assert explanation(wrapped(KeyError("features"))) is None


@pytest.mark.parametrize(
    ("entry", "content"),
    [
        ({"type": "json.JSONDataset"}, b'{"images": '),
        ({"type": "json.JSONDataset"}, b"\xff\xfe"),
        ({"type": "pandas.ParquetDataset"}, b"PAR1"),
        ({"type": "pandas.ParquetDataset"}, b""),
        ({"type": "pixelmill.datasets.png_image.PngImage"}, b"\x89PNG\r\n\x1a\n"),
        ({"type": "pixelmill.datasets.near_duplicates.NearDuplicates"}, b"PAR1"),
    ],
)
def test_a_damaged_file_of_the_storage_is_one_sentence(tmp_path, entry, content):
    place = tmp_path / "of a run"
    place.write_bytes(content)
    with pytest.raises(DatasetError) as caught:
        AbstractDataset.from_config("stored", entry | {"filepath": str(place)}).load()
    message = explanation(caught.value)
    assert message.startswith(f"{place} is damaged (")
    assert message.endswith("): run the pipeline that writes it again, or remove it")
    assert "\n" not in message


def test_a_file_of_the_storage_that_went_is_one_sentence(tmp_path):
    with pytest.raises(DatasetError) as caught:
        JSONDataset(filepath=f"{tmp_path}/metrics.json").load()
    assert explanation(caught.value).startswith(f"{tmp_path}/metrics.json is missing: run ")


def test_our_own_mistakes_are_not_explained():
    problem = DatasetError("Failed while loading data from dataset X(filepath='/a').\nno such name")
    problem.__cause__ = NameError("no such name")
    assert explanation(problem) is None


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ({"filepath": "a.csv"}, "'type' is missing"),
        ({"type": "pandas.CSVDatast", "filepath": "a.csv"}, "Dataset 'CSVDatast' not found"),
        ({"type": "pandas.CSVDataset", "filepath": "a.csv", "schema": 1}, "argument 'schema'"),
    ],
)
def test_an_entry_of_the_catalog_that_kedro_cannot_use_is_one_sentence(entry, why):
    with pytest.raises(DatasetError) as caught:
        DataCatalog.from_config({"mine": entry})["mine"]
    message = explanation(caught.value)
    assert message.startswith("the catalog's entry 'mine' cannot be used: ")
    assert why in message
    assert "\n" not in message
