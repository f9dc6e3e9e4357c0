"""A cluster of two workers and an S3 server, once for all tests of this folder."""

import pytest

from tests.cluster.project import (
    FEATURES_ONLY,
    ON_S3,
    PARAMS,
    PHOTOS,
    Application,
    ClusterProject,
)
from tests.cluster.standalone import Cluster
from tests.cluster.store import Store, s3_server
from tests.conftest import Project


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
def new_project(whole_cluster, store):
    """Makes projects with an empty storage of a name that no other has."""
    return lambda name: ClusterProject(store, name, whole_cluster.url)


@pytest.fixture(scope="module")
def open_application(whole_cluster, store, tmp_path_factory):
    """Starts drivers on live workers, which end with the tests of the file; one has them all."""
    logs = tmp_path_factory.mktemp("logs")
    opened = []

    def start(endpoint=store.endpoint):
        whole_cluster.restore()
        opened.append(Application(endpoint, logs / f"{len(opened)}.log"))
        return opened[-1]

    yield start
    for application in opened:
        application.kill()


@pytest.fixture(scope="module")
def application(open_application):
    """A driver that tests of a file share."""
    return open_application()


@pytest.fixture
def project(cluster, new_project, request):
    """The project with an empty storage, on two live workers."""
    return new_project(request.node.name.replace("[", "-").rstrip("]"))


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
