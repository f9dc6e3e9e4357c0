"""The project on an S3 store of another make than Amazon's."""

import pytest

from tests.cluster import s3a_jars
from tests.cluster.project import ClusterProject
from tests.cluster.seaweedfs import seaweedfs_server
from tests.cluster.store import Store

IMAGES = 60


@pytest.fixture
def project(cluster, assets, tmp_path):
    """The project with its images and tables on SeaweedFS."""
    (tmp_path / "objects").mkdir()
    with seaweedfs_server(tmp_path / "objects") as endpoint:
        store = Store(endpoint, "seaweed")
        store.create()
        for number in range(3):
            files = sorted((assets / "bengali_digits" / str(number)).iterdir())
            store.put_files(files[: IMAGES // 3], f"digits/{number}")
        yield ClusterProject(store, "mill", cluster.url, s3a_jars.fetch(), tmp_path)


def test_run_and_second_run_on_seaweedfs(project):
    params = (
        "dataset=digits,images=s3://seaweed/digits,featurization.chunk_size=30,"
        "modelling.estimator=random_forest"
    )
    status, output = project.run_all([(params,), (params,)])
    assert status == 0, output
    assert "conditional writes" not in output
    rows = project.features("digits")
    assert len(rows) == IMAGES
    assert [row["error"] for row in rows if row["error"]] == []
    assert len({row["path"] for row in rows}) == IMAGES
    assert project.json("08_reporting/digits/metrics.json")["accuracy"] > 0.5
    assert project.json("08_reporting/digits/profile.json")["already_done"] == IMAGES
