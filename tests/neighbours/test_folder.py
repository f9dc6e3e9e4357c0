"""An index in its folder or bucket: readable, and whole after a killed run and a damaged file."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pixelmill.errors import InputError
from pixelmill.neighbours import Index
from pixelmill.neighbours.features import Features
from pixelmill.neighbours.folder import MANIFEST, write_manifest
from pixelmill.neighbours.updating import update_index
from pixelmill.storage.listed_files import list_files

from .conftest import assert_holds, brute_force, names


@pytest.mark.parametrize("kind", ["rows", "vectors", "graph", "components", MANIFEST])
@pytest.mark.parametrize("damage", ["cut", "changed", "missing"])
def test_a_damaged_index_is_refused_and_built_anew(with_graph, draw, kind, damage):
    made = with_graph
    made.add("a", draw(30))
    made.update()
    (file,) = (path for path in Path(made.place).iterdir() if path.name.startswith(kind))
    content = file.read_bytes()
    if damage == "missing":
        file.unlink()
    else:
        half = len(content) // 2
        file.write_bytes(
            content[:half] if damage == "cut" else bytes([content[0] ^ 1]) + content[1:]
        )
    with pytest.raises(
        Exception, match=r"(was changed|is damaged|there is no neighbour index)[^\n]*run `kedro"
    ):
        made.index()
    done = made.update()
    if (kind, damage) != (MANIFEST, "missing"):
        assert done.update.rebuilt
    assert_holds(made)
    assert names(made) == sorted([MANIFEST, *done.parts])


def test_another_metric_in_the_manifest_is_refused(made, draw):
    made.add("a", draw(30))
    made.update()
    file = Path(made.place) / MANIFEST
    manifest = json.loads(file.read_text())
    assert manifest["parameters"]["metric"] == "cosine"
    manifest["parameters"]["metric"] = "euclidean"
    file.write_text(json.dumps(manifest))
    with pytest.raises(InputError, match=r"was changed: the values in manifest.json .*run `kedro"):
        made.index()


def test_a_graph_of_another_usearch_is_told_and_built_anew(with_graph, draw):
    made = with_graph
    made.add("a", draw(30))
    manifest = made.update()
    content = b"usearch of a time to come"
    (Path(made.place) / manifest.graph).write_bytes(content)
    files = manifest.files | list_files({manifest.graph: content})
    write_manifest(made.place, manifest.model_copy(update={"files": files}))
    with pytest.raises(InputError, match=r"cannot be read .*: run `kedro run"):
        made.index()
    made.add("b", draw(5, start=100))
    assert "usearch" in made.update().update.rebuilt
    assert_holds(made)


MUTATED = """
import random
import struct
import sys
from pathlib import Path

import numpy as np

from pixelmill.errors import InputError
from pixelmill.neighbours import Index
from pixelmill.neighbours.folder import read_manifest, write_manifest
from pixelmill.storage.listed_files import list_files

place, mutations = sys.argv[1], int(sys.argv[2])
manifest = read_manifest(place)
graph = Path(place) / manifest.graph
whole = graph.read_bytes()
rows, width = struct.unpack_from("<II", whole)
first = 8 + rows * width  # of what is behind the vectors
refused = 0
for seed in range(mutations):
    draw = random.Random(seed)
    content = bytearray(whole)
    start = draw.randrange(first if seed % 4 else 0, len(content))
    changed = draw.choice([1, 2, 4, 8, 100])
    content[start : start + changed] = draw.choice([bytes(changed), draw.randbytes(changed)])
    if seed % 9 == 0:
        del content[start:]
    graph.write_bytes(content)
    files = manifest.files | list_files({manifest.graph: bytes(content)})
    write_manifest(place, manifest.model_copy(update={"files": files}))
    try:
        index = Index.load(place)
    except InputError:
        refused += 1
        continue
    queries = list(np.random.default_rng(seed).random((20, manifest.dimension), np.float32))
    index.nearest_many(queries, 50)
    index.nearest_many(queries, 50, exact=True)
print("refused", refused)
"""


@pytest.mark.parametrize(("kind", "content"), [("vectors", b"0"), ("components", b"0" * 999)])
def test_a_listed_file_of_another_size_is_refused_and_built_anew(with_graph, draw, kind, content):
    made = with_graph
    made.add("a", draw(30))
    manifest = made.update()
    name = getattr(manifest, kind)
    (Path(made.place) / name).write_bytes(content)
    files = manifest.files | list_files({name: content})
    write_manifest(made.place, manifest.model_copy(update={"files": files}))
    with pytest.raises(InputError, match=rf"cannot be read \(its {kind} .*: run `kedro run"):
        made.index()
    made.add("b", draw(5, start=100))
    assert made.update().update.rebuilt.startswith(f"its {kind} ")
    assert_holds(made)


def test_no_graph_that_a_stranger_changed_ends_the_process(with_graph, draw):
    made = with_graph
    made.add("a", draw(300))
    made.add("b", draw(40, start=1000))
    made.update()
    made.drop("b")
    made.update()
    command = [sys.executable, "-c", MUTATED, made.place, "120"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert 40 < int(done.stdout.removeprefix("refused ")) < 120


def test_a_graph_of_other_images_or_of_another_size_is_refused(made, draw):
    made.add("a", draw(30))
    first = made.update()
    for update in ({"count": 29}, {"dimension": 47}, {"dimension": 0}):
        write_manifest(made.place, first.model_copy(update=update))
        with pytest.raises(InputError, match=r"cannot be read .*: run `kedro run"):
            made.index()


@pytest.mark.parametrize("name", ["/dev/zero", "../secret", "rows/../../secret", "..", ""])
def test_no_file_outside_of_the_index_is_read(made, draw, name):
    made.add("a", draw(30))
    manifest = made.update()
    (Path(made.place).parent / "secret").write_bytes(b"mine")
    listed = manifest.files | list_files({name: b"mine"})
    for update in (
        {"rows": name},
        {"vectors": name},
        {"graph": name},
        {"rows": name, "files": listed},
    ):
        write_manifest(made.place, manifest.model_copy(update=update))
        with pytest.raises(InputError, match=r"was changed: .* no file"):
            made.index()


def test_features_do_not_lead_to_an_index_elsewhere(made, draw, tmp_path):
    made.add("a", draw(30))
    made.update()
    features = tmp_path / "features"
    features.mkdir()
    (features / "featurizer.json").write_text(json.dumps({"fingerprint": "../it's features"}))
    with pytest.raises(InputError, match=r"featurizer.json is damaged: run `kedro run"):
        Index.load(features)


KILLED = """
import sys
from pixelmill.neighbours import updating
from pixelmill.neighbours.changes import REMOVED
from pixelmill.neighbours.features import Features
from pixelmill.parameters import NeighboursParameters

place, name, folder = sys.argv[1:]
print("begun", flush=True)
features = Features({"fingerprint": "0123456789abcdef", "parts": []}, {name: folder})
updating.update_index(place, features, NeighboursParameters(threads=1))
print("done", flush=True)
"""


def test_a_killed_build_leaves_the_old_index_and_nothing_of_its_own(made, draw, tmp_path):
    made.add("a", draw(30))
    made.update()
    old = set(made.vectors)
    made.drop("a")
    made.vectors = {}
    made.add("b", draw(10_000, start=1000, width=48))
    before = names(made)
    command = [sys.executable, "-c", KILLED, made.place, "b", made.chunks["b"]]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "begun\n"
    while not any(name.endswith(".bin") for name in {*names(made)} - {*before}):
        assert process.poll() is None
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)  # the new vectors are there, and their graph is begun
    assert "done" not in process.stdout.read()
    process.wait()
    assert len(made.index()) == 30
    assert {one.path for one in made.index().nearest(min(old), 5)} < old
    (Path(made.place) / "graph-of-a-dead-run.usearch").write_bytes(b"half")
    made.drop("b")
    made.add("c", draw(50, start=2000))
    made.vectors = draw(50, start=2000)
    done = made.update()
    assert names(made) == sorted([MANIFEST, *done.parts])
    assert_holds(made)


def test_a_bucket_holds_an_index_as_a_folder_does(made, draw, s3):
    place = "s3://photos/04_feature/pets/0123/_neighbours"
    made.add("a", draw(40))
    update_index(place, made.features(), made.parameters)
    made.add("b", draw(10, start=50))
    done = update_index(place, made.features(), made.parameters)
    assert (done.count, done.update.added, done.update.rebuilt) == (50, 10, None)
    listed = s3.list_objects_v2(Bucket="photos")["Contents"]
    keys = {entry["Key"].rpartition("/")[2] for entry in listed}
    assert keys == {MANIFEST, *done.parts}
    path = list(made.vectors)[3]
    expected = brute_force(made.vectors, made.vectors[path], 6)
    assert [path, *(one.path for one in Index.load(place).nearest(path, 5))] == expected
    key = f"04_feature/pets/0123/_neighbours/{done.vectors}"
    s3.put_object(Bucket="photos", Key=key, Body=b"0")
    with pytest.raises(InputError, match=r"was changed: vectors-.* is not what"):
        Index.load(place)
    assert update_index(place, made.features(), made.parameters).update.rebuilt
    s3.delete_object(Bucket="photos", Key=key)
    assert len(Index.load(place)) == 50


def test_chunks_in_a_bucket_are_read_there(made, draw, s3, tmp_path):
    made.add("a", draw(20))
    (file,) = Path(made.chunks["a"]).glob("*.parquet")
    s3.put_object(Bucket="photos", Key="f/chunk=a/part-0.parquet", Body=file.read_bytes())
    features = Features(made.features().featurizer, {"a": "s3://photos/f/chunk=a"})
    assert update_index(str(tmp_path / "index"), features, made.parameters).count == 20


def test_the_manifest_is_readable_json(made, draw):
    made.add("a", draw(20))
    made.update()
    manifest = json.loads((Path(made.place) / MANIFEST).read_text(encoding="utf-8"))
    assert manifest["featurizer"]["fingerprint"] == "0123456789abcdef"
    assert manifest["parameters"]["metric"] == "cosine"
    assert (manifest["count"], manifest["dimension"]) == (20, 48)
