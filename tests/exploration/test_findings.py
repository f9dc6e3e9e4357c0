"""Findings of several tables are one table, in the order of kinds."""

from hypothesis import given
from hypothesis import strategies as st

from pixelmill.exploration.findings import Finding, in_order, tabulate
from pixelmill.parameters.exploration import KINDS

found = st.builds(
    Finding,
    st.text(st.characters(exclude_categories=["Cs"])),
    st.sampled_from(KINDS),
    st.sampled_from([0.0, 0.25, 0.5, 1.0]),
    st.just("evidence"),
    st.none() | st.just("another"),
)


@given(st.lists(st.lists(found, max_size=8), min_size=1, max_size=3))
def test_tables_become_one_by_kind_and_the_worst_first(parts):
    rows = in_order([tabulate(part) for part in parts]).to_pylist()
    every = [one for part in parts for one in part]
    wanted = sorted(every, key=lambda one: (KINDS.index(one.kind), -one.score, one.path))
    assert [Finding(**row) for row in rows] == wanted
