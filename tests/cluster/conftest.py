"""A cluster of two workers and an S3 server, once for all tests of this folder."""

import pytest

from tests.cluster import s3a_jars
from tests.cluster.project import FEATURES_ONLY, ON_S3, PARAMS, PHOTOS, ClusterProject
from tests.cluster.standalone import Cluster
from tests.cluster.store import Store, s3_server
from tests.conftest import Project
from tests.s3_proxy import S3Proxy


@pytest.fixture(scope="session")
def store(assets):
    """The bucket, with photos under 'photos'."""
    with s3_server() as endpoint:
        store = Store(endpoint, "cluster")
        store.create()
        store.put_files(photos_of(assets), "photos")
        yield store


def photos_of(assets):
    """What a fault is tried on."""
    return sorted((assets / "pets").rglob("*.jpg"))[:PHOTOS]


@pytest.fixture(scope="session")
def whole_cluster(tmp_path_factory):
    """The master, and the workers that tests start."""
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
def compute_undisturbed(run_here, assets, tmp_path_factory):
    """Computes features of the photos on this machine, where nothing goes wrong."""
    images = tmp_path_factory.mktemp("undisturbed") / "photos"
    images.mkdir()
    for photo in photos_of(assets):
        (images / photo.name).symlink_to(photo)

    def compute(params):
        project = Project(tmp_path_factory.mktemp("undisturbed") / "storage")
        run_here(project, params.replace(ON_S3, str(images)), *FEATURES_ONLY)
        return project.features("pets")

    return compute


@pytest.fixture(scope="session")
def undisturbed(compute_undisturbed):
    """The features of the photos as this machine computes them."""
    return compute_undisturbed(PARAMS)
