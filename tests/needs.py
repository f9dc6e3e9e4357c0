"""What each test needs: marks found from its fixtures, and the order and grouping that follow.

A test that uses a fixture below, directly or through others, gets its mark. A test that starts
Spark in a process of its own, without a fixture, is marked by hand; unmarked tests cannot start it.
"""

import gc
import importlib
import sys
from collections import Counter

import pytest
from threadpoolctl import threadpool_limits
from xdist.scheduler import LoadFileScheduling

NEEDS = {
    "cluster": {"whole_cluster"},
    "spark": {"spark", "run_here", "kedro_process", "digits_run", "whole_cluster"},
    "browser": {"chromium", "chromium_path"},
    "container": {"image", "node"},
}
# Seconds that a test with these takes, roughly, also where it waits for a time-out: what is long
# begins early, so that no process works alone at the end.
COSTS = {
    "whole_cluster": 60,
    "kedro_process": 20,
    "image": 20,
    "node": 12,
    "run_here": 15,
    "spark": 1,
    "chromium": 1,
    "chromium_path": 2,
    "pets": 1,
    "featurizer": 0.5,
    "aws": 0.5,
    "s3_proxy": 1,
    "holder": 2,
    "server": 0.5,
}
# Folders whose tests share what takes long to make or to load: a cluster, a service, TensorFlow
# and its networks, a wheel and moto's lists of all instances.
TOGETHER = {
    "cluster": "cluster",
    "emr": "emr",
    "engines": "networks",
    "featurizers": "networks",
    "serving": "serving",
}
LOADED = pytest.StashKey[int]()  # how many modules at the last search for garbage
A_LIBRARY = 500  # modules
WITHOUT_SPARK = "/mark this test with pytest.mark.spark"


def pytest_configure(config):
    for name in NEEDS:
        config.addinivalue_line("markers", f"{name}: needs {name}; found from the fixtures")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Marks all tests, then sorts what is run in one process by what it costs."""
    costs = Counter()
    for item in items:
        used = fixtures_of(item)
        for name, fixtures in NEEDS.items():
            if fixtures & used:
                item.add_marker(name)
        costs[scope_of(item.nodeid)] += max((COSTS.get(name, 0) for name in used), default=0)
    items.sort(key=lambda item: -costs[scope_of(item.nodeid)])


def fixtures_of(item):
    """Names of the fixtures of a test, without its parameters, which may have such a name too."""
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    return set(item.fixturenames).difference(parameters)


def scope_of(nodeid):
    """What is run in one process: the tests of a file, or of folders."""
    file = nodeid.partition("::")[0]
    return TOGETHER.get(file.split("/")[1], file)


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Has Python's search for garbage pass over the tests and all that they imported."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item, nextitem):
    """Has it pass over what the tests of a file leave, such as a library of half a million objects.

    A network calls for that search as it is built, which would take longer than to build it: also
    within the file whose first test loads the library.
    """
    known = item.config.stash.setdefault(LOADED, 0)
    if nextitem is None or nextitem.path != item.path or len(sys.modules) > known + A_LIBRARY:
        gc.collect()
        gc.freeze()
        item.config.stash[LOADED] = len(sys.modules)


@pytest.fixture(scope="session", autouse=True)
def one_thread_of_blas():
    """Has the products of this process take one thread: small ones mostly wait for a second one.

    Its children take as many as they have at a user's.
    """
    importlib.import_module("scipy.linalg")  # the limit reaches what is loaded
    with threadpool_limits(1, user_api="blas"):
        yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    """Leaves a test without the mark no Spark to start."""
    with pytest.MonkeyPatch.context() as patch:
        if item.get_closest_marker("spark") is None:
            patch.setenv("PYSPARK_GATEWAY_PORT", WITHOUT_SPARK)  # PySpark wants a number
        return (yield)


class _Scheduling(LoadFileScheduling):
    """Tests that share much share a process."""

    def _split_scope(self, nodeid):
        return scope_of(nodeid)


@pytest.hookimpl(tryfirst=True)
def pytest_xdist_make_scheduler(config, log):
    if config.getvalue("dist") == "loadfile":
        config.option.loadscopereorder = False  # the order is that of the files' needs
        return _Scheduling(config, log)
    return None
