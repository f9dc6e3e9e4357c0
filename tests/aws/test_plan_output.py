"""Plans are printed section by section, at most 100 columns wide."""

import pytest

from pixelmill.aws.plan_output import WIDTH, hours_and_minutes, print_sections


def test_sections_are_printed_in_their_order_within_the_width(capsys):
    print_sections([("cost", "a word " * 40), ("time", "2 h")])
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= WIDTH
    assert lines.index("cost") < lines.index("time") < lines.index("2 h")


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
