"""The project on an S3 store of another make than Amazon's."""

import pytest

from tests.cluster.project import ClusterProject
from tests.cluster.seaweedfs import seaweedfs_server
from tests.cluster.store import Store

COLOURS = ("green", "red", "yellow")
IMAGES = 24


@pytest.fixture
def project(cluster, assets, tmp_path):
    """The project with its images and tables on SeaweedFS."""
    (tmp_path / "objects").mkdir()
    with seaweedfs_server(tmp_path / "objects") as endpoint:
        store = Store(endpoint, "seaweed")
        store.create()
        for colour in COLOURS:
            files = sorted((assets / "colours" / colour).iterdir())
            store.put_files(files[: IMAGES // len(COLOURS)], f"colours/{colour}")
        yield ClusterProject(store, "mill", cluster.url)


def test_run_and_second_run_on_seaweedfs(project, open_application):
    params = (
        "dataset=colours,images=s3://seaweed/colours,featurization.chunk_size=12,"
        "featurization.featurizer=colour_statistics,modelling.estimator=random_forest"
    )
    application = open_application(project.store.endpoint)
    for _ in range(2):
        status, output = project.start(application, params).end()
        assert status == 0, output
        assert "conditional writes" not in output
    rows = project.features("colours")
    assert len(rows) == IMAGES
    assert [row["error"] for row in rows if row["error"]] == []
    assert len({row["path"] for row in rows}) == IMAGES
    assert project.json("08_reporting/colours/metrics.json")["accuracy"] > 0.5
    assert project.json("08_reporting/colours/profile.json")["already_done"] == IMAGES
