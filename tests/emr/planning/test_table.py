"""Times and amounts as a person reads them."""

import pytest

from pixelmill.emr.planning.table import dollars, hours_and_minutes


@pytest.mark.parametrize(
    ("hours", "text"),
    [
        (0.001, "1 min"),
        (0.1, "6 min"),
        (0.999, "1 h"),
        (1.5, "1 h 30"),
        (2.0, "2 h"),
        (23.99, "23 h 59"),
        (1234.4, "1,234 h"),
    ],
)
def test_a_time_is_as_exact_as_it_is_of_use(hours, text):
    assert hours_and_minutes(hours) == text


@pytest.mark.parametrize(
    ("amount", "text"), [(0.005, "$0.01"), (71.224, "$71.22"), (12345.6, "$12,346")]
)
def test_an_amount_has_cents_while_they_matter(amount, text):
    assert dollars(amount) == text
