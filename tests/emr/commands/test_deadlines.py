"""Deadlines of a plan, as users type them."""

import pytest

from pixelmill.emr.commands.plan import hours_of
from pixelmill.errors import InputError


@pytest.mark.parametrize(
    ("text", "hours"),
    [("6h", 6), ("90m", 1.5), ("1h30m", 1.5), ("1.5h", 1.5), ("2 h 15 min", 2.25)],
)
def test_a_deadline_is_given_in_hours_and_minutes(text, hours):
    assert hours_of(text) == hours


@pytest.mark.parametrize("text", ["", "0h", "6", "h", "-1h", "six"])
def test_anything_else_is_no_deadline(text):
    with pytest.raises(InputError, match="give hours or minutes"):
        hours_of(text)
