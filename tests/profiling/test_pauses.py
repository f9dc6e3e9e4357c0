"""Times when the machine slept, or the process was stopped, are no work."""

import pytest

from pixelmill.profiling.pauses import PauseWatch


class Clocks:
    def __init__(self):
        self.wall, self.steady = 1_000.0, 50.0

    def pass_by(self, wall, steady):
        self.wall += wall
        self.steady += steady


@pytest.fixture
def clocks():
    return Clocks()


@pytest.fixture
def watch(clocks):
    return PauseWatch(lambda: clocks.wall, lambda: clocks.steady)


# Stopped by a signal, both clocks go on; with a closed lid, only that of the wall.
@pytest.mark.parametrize("steady", [200.0, 0.0])
def test_a_pause_does_not_count(clocks, watch, steady):
    began, first = clocks.wall, watch.now()
    for _ in range(5):
        clocks.pass_by(1, 1)
        watch.look()
    clocks.pass_by(200, steady)
    watch.look()
    for _ in range(5):
        clocks.pass_by(1, 1)
        watch.look()
    assert watch.now() - first == pytest.approx(11, abs=1)
    assert watch.awake(clocks.wall) - watch.awake(began) == pytest.approx(11, abs=1)
    assert watch.awake(began + 3) - watch.awake(began) == 3
    assert watch.awake(began + 100) == watch.awake(began + 150)  # in the middle of it


def test_a_busy_machine_has_no_pauses(clocks, watch):
    began, first = clocks.wall, watch.now()
    for _ in range(10):
        clocks.pass_by(15, 15)
        watch.look()
    assert watch.now() - first == 150
    assert watch.awake(clocks.wall) - watch.awake(began) == 150
