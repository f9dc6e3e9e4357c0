"""What a plan takes for granted."""

import pytest

from pixelmill.emr.planning.assumptions import Assumptions, load_assumptions, reasons
from pixelmill.errors import InputError


def test_every_assumption_has_a_value_and_a_reason():
    known = reasons()
    assert set(known) == set(Assumptions.model_fields) == set(load_assumptions().model_dump())
    assert all(len(reason.why) > 20 for reason in known.values())


def test_one_can_be_changed_for_once():
    changed = load_assumptions(["utilisation=0.8"])
    assert changed.utilisation == 0.8
    assert changed.overhead == load_assumptions().overhead


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("utilisation=2", "--assume utilisation=2: Input should be less than or equal to 1"),
        ("utilisation=much", "--assume utilisation=much: Input should be a valid number"),
        ("profile_speed=nan", "--assume profile_speed=nan"),
        (
            "utilization=0.8",
            "--assume utilization: there is no such assumption; there are profile_",
        ),
        ("utilisation", "--assume utilisation: give a name and a value"),
    ],
)
def test_an_impossible_one_is_reported(change, message):
    with pytest.raises(InputError, match=message):
        load_assumptions([change])
