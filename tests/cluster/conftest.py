"""A cluster of two workers and an S3 server, once for all tests of this folder."""

import os

import pytest

from tests.cluster import s3a_jars
from tests.cluster.project import FEATURES_ONLY, PARAMS, PHOTOS, ClusterProject
from tests.cluster.standalone import Cluster
from tests.cluster.store import CREDENTIALS, Store, s3_server
from tests.s3_proxy import S3Proxy


@pytest.fixture(scope="session")
def store(assets):
    """The bucket, with photos under 'photos'."""
    with s3_server() as endpoint:
        store = Store(endpoint, "cluster")
        store.create()
        store.put_files(sorted((assets / "pets").rglob("*.jpg"))[:PHOTOS], "photos")
        yield store


@pytest.fixture(scope="session")
def whole_cluster(tmp_path_factory):
    """The master; its workers know credentials as the nodes of a cluster do."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        for name, value in CREDENTIALS.items():
            patch.setenv(name, value)
        cluster = Cluster(tmp_path_factory.mktemp("cluster"))
        yield cluster
        cluster.stop()


@pytest.fixture
def cluster(whole_cluster):
    """Two live workers, whatever an earlier test did to them."""
    whole_cluster.restore()
    return whole_cluster


@pytest.fixture(scope="session")
def new_project(whole_cluster, store, tmp_path_factory):
    """Makes projects with an empty storage of a name that no other has."""
    logs = tmp_path_factory.mktemp("logs")
    jars = s3a_jars.fetch()
    return lambda name: ClusterProject(store, name, whole_cluster.url, jars, logs)


@pytest.fixture
def project(cluster, new_project, request):
    """The project with an empty storage, on two live workers."""
    return new_project(request.node.name.replace("[", "-").rstrip("]"))


@pytest.fixture
def proxy(store):
    """A way to the S3 server on which things go wrong when a test says so."""
    with S3Proxy(store.endpoint) as running:
        yield running


@pytest.fixture(scope="session")
def undisturbed(whole_cluster, new_project):
    """The features of a run on the cluster with which nothing went wrong."""
    whole_cluster.restore()
    project = new_project("undisturbed")
    status, output = project.start(PARAMS, *FEATURES_ONLY).end()
    assert status == 0, output
    return project.features("pets")
