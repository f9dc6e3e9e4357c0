"""What a disk changed is found when it is read, loses its marker, and is computed again."""

import json
import shutil
from datetime import UTC, datetime

import pytest

from pixelmill.datasets.chunks import chunk_folders
from pixelmill.datasets.damage import DamageSetAsideError, set_damage_aside
from pixelmill.datasets.feature_table import FeatureTable, FeatureUpdate
from pixelmill.datasets.image_index import IndexState, write_state
from pixelmill.datasets.parquet_table import ParquetTable
from pixelmill.datasets.splits_table import Splits, SplitsTable, StoredSplits
from pixelmill.errors import DamagedFileError, InputError
from pixelmill.explanation import explanation
from pixelmill.neighbours.features import read_chunk
from pixelmill.tables import FEATURES

MARK = "0123456789abcdef"
WHEN = datetime(2024, 5, 1, tzinfo=UTC)


@pytest.fixture
def storage(tmp_path):
    """A storage whose name Spark and URIs write in other letters."""
    folder = tmp_path / "my tables %25"
    folder.mkdir()
    return folder


@pytest.fixture(scope="module")
def written(spark, tmp_path_factory):
    """Features in two chunks, of 'a' and of 'b', complete."""
    folder = tmp_path_factory.mktemp("features")
    (folder / "featurizer.json").write_text(json.dumps({"fingerprint": MARK}))
    table = FeatureTable(filepath=str(folder))
    for path in "ab":
        row = (path, 1, WHEN, [float(number) for number in range(999)], None, MARK, "decoder 1")
        frame = spark.createDataFrame([row], FEATURES).coalesce(1)
        table.save(FeatureUpdate(MARK, add=frame))
    table.save(FeatureUpdate(MARK, complete={"fingerprint": MARK}))
    return folder


@pytest.fixture
def table(written, storage):
    """A copy of them."""
    shutil.copytree(written, storage / "features")
    return FeatureTable(filepath=str(storage / "features"), empty_when_missing=True)


def flip(file, place):
    content = bytearray(file.read_bytes())
    content[place] ^= 1
    file.write_bytes(content)


def part_of(storage, name):
    """The data file of the chunk that holds one image."""
    for folder in chunk_folders(str(storage / "features" / MARK)):
        for batch, _ in read_chunk(folder):
            if batch.column("path").to_pylist() == [name]:
                return next((storage / "features" / MARK).glob(f"{folder[-38:]}/part-*"))
    raise LookupError(name)


def failure_of(table):
    with pytest.raises(Exception, match="FAILED_READ_FILE") as caught:
        table.load().collect()
    return caught.value


def paths(table):
    return sorted(row.path for row in table.load().collect())


@pytest.mark.parametrize("guarded", [True, False])
def test_a_chunk_with_a_changed_bit_is_named_and_counts_no_longer(table, storage, caplog, guarded):
    part = part_of(storage, "a")
    if not guarded:  # as a copy without hidden files
        part.with_name(f".{part.name}.crc").unlink()
    flip(part, part.stat().st_size // 2)
    if guarded:
        problem = failure_of(table)
        with pytest.raises(DamageSetAsideError, match=rf"1 of the chunks .*{part.name} have chang"):
            set_damage_aside(problem, str(storage))
        assert not table.exists()
    assert paths(table) == ["b"]
    assert guarded or f"the bytes of {part.name} have changed" in caplog.text


def test_a_damaged_checksum_of_hadoop_costs_no_features(table, storage):
    part = part_of(storage, "a")
    flip(part.with_name(f".{part.name}.crc"), -1)
    problem = failure_of(table)
    with pytest.raises(DamageSetAsideError, match="the checksum of Hadoop beside"):
        set_damage_aside(problem, str(storage))
    assert table.exists()
    assert paths(table) == ["a", "b"]


def test_all_damaged_chunks_are_found_at_once(table, storage):
    for part in [part_of(storage, name) for name in "ab"]:
        flip(part, 40)
    with pytest.raises(DamageSetAsideError, match="2 of the chunks in"):
        set_damage_aside(failure_of(table), str(storage))
    assert paths(table) == []


def read_by_arrow(part):
    """The rows of a chunk, or why they cannot be read."""
    try:
        return [batch.column("path").to_pylist() for batch, _ in read_chunk(part)]
    except DamagedFileError as problem:
        return problem


@pytest.mark.parametrize("place", [40, 2000, -6, -1])
def test_arrow_names_the_damaged_file(table, storage, place):
    part = part_of(storage, "a")
    flip(part, place)
    problem = read_by_arrow(str(part.parent))
    assert part.name in str(problem)
    with pytest.raises(DamageSetAsideError, match=rf"the bytes of {part.name} have changed"):
        set_damage_aside(problem, str(storage))
    assert paths(table) == ["b"]


def test_a_file_that_goes_while_it_is_read_counts_no_longer(spark, table, storage):
    """Of a chunk and of any other table: what is lazy was planned when the file was there."""
    other = ParquetTable(filepath=str(storage / "numbers"), schema="id long")
    other.save(spark.range(9).coalesce(1))
    planned = {one: one.load().select("*") for one in (table, other)}
    part_of(storage, "a").unlink()
    next((storage / "numbers").glob("part-*")).unlink()
    for stored, rows in planned.items():
        with pytest.raises(Exception, match="FAILED_READ_FILE") as caught:
            rows.collect()
        with pytest.raises(DamageSetAsideError, match=r"part-\S+ is missing"):
            set_damage_aside(caught.value, str(storage))
        assert not stored.exists()
    assert paths(table) == ["b"]


def test_what_proves_no_damage_changes_nothing(table, storage):
    part = part_of(storage, "a")
    problem = DamagedFileError(str(part), "Connection reset by peer")
    set_damage_aside(problem, str(storage))
    set_damage_aside(InputError("another sentence"), str(storage))
    assert table.exists()
    assert paths(table) == ["a", "b"]


def test_files_of_the_user_are_left_alone(table, storage, tmp_path):
    part = part_of(storage, "a")
    flip(part, 40)
    problem = failure_of(table)
    set_damage_aside(problem, str(tmp_path / "my tables"))
    assert len(chunk_folders(str(storage / "features" / MARK))) == 2


def test_a_table_with_a_changed_bit_exists_no_longer(spark, storage):
    table = ParquetTable(filepath=str(storage / "numbers"), schema="id long")
    table.save(spark.range(1000).coalesce(1))
    flip(next((storage / "numbers").glob("part-*")), 300)
    problem = failure_of(table)
    with pytest.raises(DamageSetAsideError, match=r"the table in .*numbers is damaged: the bytes"):
        set_damage_aside(problem, str(storage))
    assert not table.exists()
    with pytest.raises(Exception, match="no finished table") as caught:
        table.load()
    assert "it has no _SUCCESS" in explanation(caught.value)


@pytest.mark.parametrize(
    "lost", ["a part", "the marker", "the parameters", "a bit of them", "a bit"]
)
def test_damaged_splits_are_never_drawn_again_in_silence(spark, storage, lost):
    index, place = storage / "index", storage / "splits"
    index.mkdir()
    write_state(str(index), IndexState(1, "0f", "f0"))
    rows = [(f"{number}.jpg", "a", "train") for number in range(100)]
    frame = spark.createDataFrame(rows, "path string, label string, split string").coalesce(1)
    SplitsTable(filepath=str(place), image_index=str(index)).save(Splits(frame, {"seed": 0}))
    part = next(place.glob("part-*"))
    match lost:
        case "a part":
            part.write_bytes(part.read_bytes()[:-9])
        case "the marker":
            (place / "_SUCCESS").unlink()
        case "the parameters":
            (place / "_splitting.json").unlink()
        case "a bit of them":
            flip(place / "_splitting.json", 12)
        case _:
            flip(part, 60)
    with pytest.raises(Exception, match=r".") as caught:
        StoredSplits(filepath=str(place)).load().table.collect()
    problem = caught.value
    if lost == "a bit":
        with pytest.raises(InputError) as caught:
            set_damage_aside(problem, str(storage))
    message = explanation(caught.value)
    assert message.startswith(f"the splits in {place} are damaged (")
    assert "or remove it to have new splits drawn" in message
    shutil.rmtree(place)
    assert StoredSplits(filepath=str(place)).load() is None
