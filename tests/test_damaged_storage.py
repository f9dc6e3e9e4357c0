"""`kedro run` finds its way back from whatever a storage lost: every kind of file, in real runs."""

import shutil

import numpy as np
import pytest

from tests.conftest import Project

DATASET = "digits"
# Nothing could compute these again: tests/datasets/test_damage.py has what a run says of them.
KEPT = ("02_intermediate/digits/splits/", "02_intermediate/digits/.lock")


def lose(file):
    """Remove a file, or half of it; of a chunk not the marker, as a cut copy of a bucket does."""
    if file.parent.name == "_committed":
        return
    if len(file.name) % 2:
        file.unlink()
    else:
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def flip(file):
    """Change a bit in the middle, unless it would be found before anything is read."""
    content = bytearray(file.read_bytes())
    if content and file.suffix != ".crc" and file.parent.name != "_committed":
        content[len(content) // 2] ^= 1
    file.write_bytes(content)


@pytest.fixture(scope="module")
def images(assets, tmp_path_factory):
    """Ten images of each digit."""
    folder = tmp_path_factory.mktemp("images")
    for digit in (assets / "bengali_digits").iterdir():
        (folder / digit.name).mkdir()
        for image in sorted(digit.iterdir())[:10]:
            (folder / digit.name / image.name).symlink_to(image)
    return folder


@pytest.fixture(scope="module")
def repair(run_here, images):
    """Runs all pipelines, without a network: what of it is lost is made again as other features."""
    params = f"dataset={DATASET},images={images},featurization.featurizer=colour_statistics"
    return lambda project: run_here(project, params)


@pytest.fixture(scope="module")
def before(repair, tmp_path_factory):
    """The project after a run."""
    project = Project(tmp_path_factory.mktemp("before") / "storage")
    repair(project)
    return project


@pytest.fixture
def project(before, tmp_path):
    """A copy of it."""
    shutil.copytree(before.storage, tmp_path / "storage")
    return Project(tmp_path / "storage")


def by_path(project):
    rows = project.features(DATASET)
    assert len({row["path"] for row in rows}) == len(rows)
    return {row["path"]: np.array(row["features"], np.float32) for row in rows}


@pytest.mark.parametrize(
    ("damage", "message"),
    [(lose, "1 of 1 chunks are damaged"), (flip, "The run begins again")],
)
def test_a_run_repairs_every_kind_of_file(before, project, repair, caplog, damage, message):
    for file in sorted(project.storage.rglob("*")):
        place = str(file.relative_to(project.storage))
        if file.is_file() and not place.startswith(KEPT):
            damage(file)
    output = repair(project)
    assert "Traceback" not in output
    assert caplog.text.count(message) == 1
    metrics = f"08_reporting/{DATASET}/metrics.json"
    assert project.json(metrics)["accuracy"] == before.json(metrics)["accuracy"]
    expected, found = by_path(before), by_path(project)
    assert expected.keys() == found.keys()
    assert all(np.allclose(expected[path], found[path], atol=1e-2) for path in expected)
    for table in ("02_intermediate/digits/splits", "07_model_output/digits/predictions"):
        paths = [sorted(row["path"] for row in one.table(table)) for one in (before, project)]
        assert paths[0] == paths[1]
