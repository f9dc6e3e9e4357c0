"""Other clusters for the same run, and the cheapest that meets a deadline."""

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixelmill.emr.planning.alternatives import (
    best_of_each_kind,
    cheapest_within,
    neighbours,
)
from pixelmill.emr.planning.capacity import cluster_of
from pixelmill.emr.settings import load_settings
from pixelmill.errors import InputError
from tests.emr.planning.runs import PRICES, PROFILE, ROOT, planner, settings_of

CLUSTER = cluster_of(settings_of(), PRICES)


@cache
def every(images, *changes):
    """All alternatives of a run, and the planner that made them."""
    return list(
        planner("most_nodes=6", "serverless.workers=8", *changes, images=images).every(CLUSTER)
    )


def test_every_type_market_and_number_of_nodes_is_looked_at():
    found = {(option.name, option.bought, option.nodes) for option in every(10**7)}
    for name in PRICES.instances:
        assert {(name, "on demand", nodes) for nodes in range(1, 7)} <= found
        assert {(name, "spot", nodes) for nodes in range(2, 7)} <= found
        assert (name, "spot", 1) not in found  # the core node stays
    assert {("4 vCPUs, 16 GB", "serverless", workers) for workers in range(1, 9)} <= found


@settings(deadline=None)
@given(images=st.sampled_from([10**5, 10**7, 10**9]), hours=st.floats(0.3, 5000))
def test_the_cheapest_is_in_time_and_nothing_in_time_is_cheaper(images, hours):
    in_time = [option for option in every(images) if option.hours <= hours]
    if not in_time:
        with pytest.raises(InputError, match="no alternative is done in"):
            cheapest_within(every(images), hours)
        return
    best = cheapest_within(every(images), hours)
    assert best in in_time
    assert best.cost.total == min(option.cost.total for option in in_time)


@settings(deadline=None)
@given(hours=st.floats(1, 500), later=st.floats(0, 500))
def test_a_later_deadline_never_costs_more(hours, later):
    options = every(10**6)
    first = cheapest_within(options, hours)
    assert cheapest_within(options, hours + later).cost.total <= first.cost.total


def test_an_impossible_deadline_is_reported_with_the_fastest():
    with pytest.raises(InputError, match=r"in 1 h: the fastest, 6 x c7i\.16xlarge \(on demand\)"):
        cheapest_within(every(10**9), 1)


def test_each_kind_is_there_with_its_cheapest():
    best = best_of_each_kind(every(10**7), 24)
    kinds = [(option.name.partition(".")[0], option.bought) for option in best]
    assert len(kinds) == len(set(kinds)) == 11  # five families on two markets, and serverless
    assert [option.cost.total for option in best] == sorted(option.cost.total for option in best)
    assert best[0] is cheapest_within(every(10**7), 24)


def test_alternatives_are_other_types_sizes_numbers_and_serverless():
    price = planner("most_nodes=20")
    chosen = price.as_set(CLUSTER)
    found = neighbours(price.every(CLUSTER), chosen, 4)
    seen = {(option.name, option.bought, option.nodes) for option in found}
    assert ("c7a.4xlarge", "spot", 5) in seen
    assert ("c7i.4xlarge", "on demand", 5) in seen
    assert {("c7i.4xlarge", "spot", nodes) for nodes in (2, 10, 20)} <= seen
    assert ("c7i.2xlarge", "spot", 10) in seen
    assert ("4 vCPUs, 16 GB", "serverless", 20) in seen
    assert ("c7i.4xlarge", "spot", 5) not in seen


def test_the_changes_of_an_alternative_make_that_cluster():
    price = planner(images=10**7)
    for option in price.every(CLUSTER):
        if option.name == "m7i.8xlarge" and option.nodes in (1, 2, 7):
            made = planner(*option.changes, images=10**7)
            cluster = cluster_of(load_settings(ROOT, option.changes), PRICES)
            again = made.as_set(cluster)
            assert (again.name, again.bought, again.nodes) == (
                "m7i.8xlarge",
                option.bought,
                option.nodes,
            )
            assert again.cost.total == pytest.approx(option.cost.total)
            assert again.hours == pytest.approx(option.hours)


def test_types_whose_memory_is_too_small_are_left_out():
    large = PROFILE.model_copy(update={"peak_worker_memory_bytes": 1_500_000_000})
    names = {option.name for option in planner(profile=large).every(CLUSTER)}
    assert "c7i.xlarge" not in names
    assert "m7i.xlarge" in names
