"""Plans are printed section by section, at most 100 columns wide."""

from pixelmill.aws.plan_output import WIDTH, print_sections


def test_sections_are_printed_in_their_order_within_the_width(capsys):
    print_sections([("cost", "a word " * 40), ("time", "2 h")])
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= WIDTH
    assert lines.index("cost") < lines.index("time") < lines.index("2 h")
