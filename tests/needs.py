"""What each test needs: marks found from its fixtures, and the order and grouping that follow.

A test that uses a fixture below, directly or through others, gets its mark. A test that starts
Spark in a process of its own, without a fixture, is marked by hand; unmarked tests cannot start it.
"""

import pytest
from xdist.scheduler import LoadFileScheduling

# The longest first, so that no process works alone at the end.
NEEDS = {
    "cluster": {"whole_cluster"},
    "spark": {"spark", "project", "digits_run", "whole_cluster"},
    "browser": {"chromium"},
}
WITHOUT_SPARK = "/mark this test with pytest.mark.spark"


def pytest_configure(config):
    for name in NEEDS:
        config.addinivalue_line("markers", f"{name}: needs {name}; found from the fixtures")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Marks all tests, then sorts their files: those with the most expensive needs come first."""
    for item in items:
        for name, fixtures in NEEDS.items():
            if fixtures.intersection(item.fixturenames):
                item.add_marker(name)
    costs = {}
    for item in items:
        marked = [name for name in NEEDS if item.get_closest_marker(name)]
        cost = [marked.count(name) for name in NEEDS]
        costs.setdefault(item.path, []).append(cost)
    items.sort(key=lambda item: [-sum(column) for column in zip(*costs[item.path], strict=True)])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    """Leaves a test without the mark no Spark to start."""
    with pytest.MonkeyPatch.context() as patch:
        if item.get_closest_marker("spark") is None:
            patch.setenv("SPARK_HOME", WITHOUT_SPARK)
        return (yield)


class _Scheduling(LoadFileScheduling):
    """Tests of one file share a process, and so do all tests of the one cluster."""

    def _split_scope(self, nodeid):
        file = super()._split_scope(nodeid)
        return "tests/cluster" if file.startswith("tests/cluster/") else file


@pytest.hookimpl(tryfirst=True)
def pytest_xdist_make_scheduler(config, log):
    if config.getvalue("dist") == "loadfile":
        config.option.loadscopereorder = False  # the order is that of the files' needs
        return _Scheduling(config, log)
    return None
