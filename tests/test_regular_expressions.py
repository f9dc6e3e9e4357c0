"""No regular expression takes exponential time, whatever it is given to read."""

import ast
import re
from pathlib import Path

import pytest

from pixelmill import untrusted_text
from pixelmill.images import kinds
from pixelmill.parameters import command_line

PACKAGE = Path(untrusted_text.__file__).parent
REPEATS = {"MAX_REPEAT", "MIN_REPEAT"}
COMPILED = [
    *(pattern for kind in kinds.KINDS for pattern in [kind.begins]),
    *(
        value
        for module in (kinds, command_line, untrusted_text)
        for value in vars(module).values()
        if isinstance(value, re.Pattern)
    ),
]


def repeats_within_repeats(items, depth=0):
    """Depth of unbounded repeats; a possessive repeat and an atomic group are never tried again."""
    deepest = depth
    for operation, argument in items:
        name = str(operation)
        if name in {*REPEATS, "POSSESSIVE_REPEAT"}:
            _, most, inside = argument
            unbounded = name in REPEATS and most == re._constants.MAXREPEAT
            below = [(inside, 0 if name == "POSSESSIVE_REPEAT" else depth + unbounded)]
        elif name == "SUBPATTERN":
            below = [(argument[-1], depth)]
        elif name == "BRANCH":
            below = [(branch, depth) for branch in argument[1]]
        elif name == "ATOMIC_GROUP":
            below = [(argument, 0)]
        elif name in ("ASSERT", "ASSERT_NOT"):
            below = [(argument[1], 0)]
        else:
            below = []
        deepest = max([deepest, *(repeats_within_repeats(*each) for each in below)])
    return deepest


def deepest(pattern):
    return repeats_within_repeats(re._parser.parse(pattern))


def written_in(path):
    """The patterns that a file hands to `re` as they stand."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("re.") and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str | bytes):
                yield first.value


@pytest.mark.parametrize(
    ("pattern", "depth"),
    [("a*b*", 1), ("(a*b)*", 2), ("(?:a+|b)*c", 2), ("(?:a+b)*+", 1), ("(?>(?:a+b)*)", 2),
     ("(?:a{1,9})*", 1)],
)  # fmt: skip
def test_the_depth_of_repeats(pattern, depth):
    assert deepest(pattern) == depth


def test_no_expression_repeats_a_repeat():
    written = {pattern for path in PACKAGE.rglob("*.py") for pattern in written_in(path)}
    assert len(written) > 50
    written |= {pattern.pattern for pattern in COMPILED}
    assert [pattern for pattern in written if deepest(pattern) > 1] == []
