"""The project on another S3 server than the one of all other tests."""

import pytest

from tests.cluster.project import FEATURES_ONLY, ClusterProject
from tests.cluster.store import Store, s3_server

COLOURS = ("green", "red", "yellow")
IMAGES = 24


@pytest.fixture
def project(cluster, proxy, assets):
    """The project with its images and tables on moto's server, to which all requests go then."""
    with s3_server() as endpoint:
        proxy.lead_to(endpoint)
        store = Store(endpoint, "moto")
        store.create()
        for colour in COLOURS:
            files = sorted((assets / "colours" / colour).iterdir())
            store.put_files(files[: IMAGES // len(COLOURS)], f"colours/{colour}")
        yield ClusterProject(store, "mill", cluster.url)
    proxy.lead_back()


def test_a_run_a_second_one_and_one_that_writes_over_tables_on_moto(project, application, assets):
    params = (
        "dataset=colours,images=s3://moto/colours,featurization.chunk_size=12,"
        "featurization.featurizer=colour_statistics,modelling.estimator=random_forest"
    )

    def run(*pipelines):
        status, output = project.start(application, params, *pipelines).end()
        assert status == 0, output
        assert "conditional writes" not in output
        return output

    run()
    assert project.json("08_reporting/colours/metrics.json")["accuracy"] > 0.5
    assert project.json("08_reporting/colours/profile.json")["images"] == IMAGES
    assert "nothing to do" in run(*FEATURES_ONLY)
    project.store.put_files(sorted((assets / "colours" / "blue").iterdir())[:1], "colours/blue")
    run(*FEATURES_ONLY)
    assert project.json("08_reporting/colours/profile.json")["already_done"] == IMAGES
    rows = project.features("colours")
    assert len({row["path"] for row in rows}) == len(rows) == IMAGES + 1
    assert [row["error"] for row in rows if row["error"]] == []
