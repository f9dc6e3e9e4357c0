"""A cluster of two workers, an S3 server and a driver, once for all tests of this folder."""

import pytest

from pixelmill.featurization.featurize import featurize
from tests.cluster.project import FEATURIZER, PHOTOS, Application, ClusterProject
from tests.cluster.seaweedfs import seaweedfs_server
from tests.cluster.standalone import Cluster
from tests.cluster.store import Store
from tests.s3_proxy import S3Proxy


@pytest.fixture(scope="session")
def store(assets, tmp_path_factory):
    """The bucket, with photos under 'photos', on a server that takes little of the CPU."""
    with seaweedfs_server(tmp_path_factory.mktemp("objects")) as endpoint:
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


@pytest.fixture(scope="session")
def way_to_s3(store):
    """The way to the S3 server that all runs take."""
    with S3Proxy(store.endpoint) as proxy:
        yield proxy


@pytest.fixture
def proxy(way_to_s3):
    """The same, on which things go wrong when a test says so; sound and without counts."""
    way_to_s3.renew()
    yield way_to_s3
    way_to_s3.set()


@pytest.fixture(scope="session")
def live_application(whole_cluster, way_to_s3, tmp_path_factory):
    """Gives the driver of all runs, which is started where none lives: it takes a minute of CPU."""
    logs = tmp_path_factory.mktemp("logs")
    opened = []

    def live():
        whole_cluster.restore()
        if not (opened and opened[-1].is_alive()):
            opened.append(Application(way_to_s3.url, logs / f"{len(opened)}.log"))
        return opened[-1]

    yield live
    for application in opened:
        application.kill()


@pytest.fixture
def application(live_application):
    """The driver of all runs."""
    return live_application()


@pytest.fixture
def project(cluster, new_project, request):
    """The project with an empty storage, on two live workers."""
    return new_project(request.node.name.replace("[", "-").rstrip("]"))


@pytest.fixture(scope="session")
def undisturbed(assets, tmp_path_factory):
    """The features of the photos as this machine computes them, without Spark."""
    images = tmp_path_factory.mktemp("undisturbed") / "photos"
    images.mkdir()
    for photo in photos_of(assets):
        (images / photo.name).symlink_to(photo)
    return featurize(images, featurizer=FEATURIZER).to_dict("records")
