"""`docs/scale.md`: what it quotes is what the code gives."""

import re
from dataclasses import replace

import pytest

from pixelmill.aws.plan_output import hours_and_minutes
from pixelmill.emr.planning.assumptions import Assumptions
from pixelmill.emr.planning.capacity import cluster_of
from pixelmill.emr.planning.cost import Cost
from pixelmill.emr.planning.table import dollars
from tests.emr.planning.runs import ASSUMED, PRICES, ROOT
from tests.emr.planning.scale import IMAGES, NETWORK, ON_TWO_CORES, REST, example

PAGE = (ROOT / "docs/scale.md").read_text(encoding="utf-8")
TEXT = " ".join(PAGE.split())
BENCHMARKS = (ROOT / "docs/benchmarks.md").read_text(encoding="utf-8")
BENCH_TEXT = " ".join(BENCHMARKS.split())


def workers(name):
    return f"core.instances=[{name}]", f"task.instances=[{name}]"


def row(*cells):
    return f"| {' | '.join(cells)} |"


def test_the_bill_is_that_of_the_plan():
    _, option = example()
    cost = option.cost
    figures = {
        "time": hours_and_minutes(option.hours),
        "images a second": f"{option.pace.images_per_second:,.0f}",
        "cost": dollars(cost.total),
        "of it: instances on demand": dollars(cost.on_demand),
        "spot instances": dollars(cost.spot),
        "EMR's fee": dollars(cost.emr_fee),
        "disks": dollars(cost.ebs),
        "S3 requests": dollars(cost.s3_requests),
        "S3, the features for a month": dollars(cost.s3_storage),
        "prefixes that the keys need": str(option.needs.prefixes),
    }
    for name, figure in figures.items():
        assert row(name, figure) in PAGE


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("c7i.4xlarge, spot", ()),
        ("c7i.4xlarge, spot", ("task.spot=9",)),
        ("c7i.4xlarge, spot", ("task.spot=19",)),
        ("c7i.4xlarge, on demand", ("task.spot=0", "task.on_demand=4")),
        ("c7a.4xlarge, spot", workers("c7a.4xlarge")),
        ("c6i.4xlarge, spot", workers("c6i.4xlarge")),
    ],
)
def test_each_cluster_of_the_table_is_that_of_the_plan(name, changes):
    _, option = example(*changes)
    assert as_row(name, option) in PAGE


def test_serverless_is_that_of_the_plan():
    price, _ = example()
    assert as_row("EMR Serverless, 4 vCPUs", next(price.serverless(20))) in PAGE


def as_row(name, option):
    pace = f"{option.pace.images_per_second:,.0f}"
    time = hours_and_minutes(option.hours)
    return row(name, str(option.nodes), pace, time, dollars(option.cost.total))


def test_the_files_are_those_of_the_plan():
    needs = example()[1].needs
    size = needs.feature_bytes / needs.files / 1e6
    assert f"{needs.files:,} of {size:.1f} MB" in PAGE
    assert (
        f"{needs.files:,} files of {size:.1f} MB, {needs.feature_bytes / 1e9:.0f} GB in all" in TEXT
    )
    chunks = example()[0].work.chunks
    a_task = IMAGES // needs.files
    assert f"given {needs.files // chunks:,} tasks a chunk" in TEXT
    assert f"it has {a_task} with chunks of 500,000" in TEXT
    assert f"a copy in {needs.compacted_files:,} files of 128 MB" in TEXT
    assert f"repartition({needs.compacted_files})" in PAGE


def test_the_prefixes_are_those_of_the_plan():
    counts = [example(f"task.spot={nodes - 1}")[1].needs.prefixes for nodes in (5, 10, 20)]
    assert "{} with 5 nodes, {} with 10, {} with 20".format(*counts) in TEXT


def test_the_share_between_chunks_is_that_of_the_plan():
    took = example("task.spot=19")[1].duration
    assert f"with 20 nodes, {took.chunks / took.seconds:.0%} of the time passes between" in TEXT


def test_the_listing_is_as_fast_as_the_benchmark_measured_it():
    seconds = int(
        re.search(r"flight: \*\*(\d+) s\*\* where the keys are in one folder", BENCH_TEXT)[1]
    )
    assert ASSUMED.index_rate == pytest.approx(1_000_000 / seconds, rel=0.02)
    took = hours_and_minutes(IMAGES / ASSUMED.index_rate / 3600)
    assert f"{ASSUMED.index_rate:,.0f} a second. 100,000,000 take {took}" in TEXT
    took = example("task.spot=19")[1].duration
    assert took.index > took.images


def test_requests_cost_more_than_the_machines():
    cost: Cost = example()[1].cost
    assert cost.s3_requests > cost.on_demand + cost.spot + cost.emr_fee + cost.ebs


def test_the_core_time_is_that_of_the_benchmarks():
    assert f"{(NETWORK + REST) * 1e3:.1f} ms of core time an image, {NETWORK * 1e3:.1f} of" in TEXT
    assert f"| steady state | {ON_TWO_CORES} " in BENCHMARKS


def test_what_the_formula_takes_off_a_measured_rate_is_said():
    work = example()[0].work
    rate = 2 * ASSUMED.utilisation / (work.network_seconds + work.plain_seconds)
    assert f"would do {rate:.0f} images a second by this formula, where {ON_TWO_CORES:.0f}" in TEXT


@pytest.mark.parametrize(
    "figure", ["249.1", "316", "0.63", "0.17", "4.11 ms", "0.47 ms", "1.69", "423", "861", "272"]
)
def test_a_measured_figure_is_in_the_benchmarks(figure):
    assert figure.removesuffix(" MB") in TEXT
    assert figure in BENCHMARKS


def test_a_run_of_a_million_costs_what_the_page_says():
    price, _ = example("task.spot=0")
    small = replace(price, work=replace(price.work, images=1_000_000))
    assert small.as_set(cluster_of(price.settings, PRICES)).cost.total < 2
    assert "1,000,000 images on one node cost less than two dollars" in TEXT


def test_every_assumption_that_the_formula_names_is_one():
    formula = re.search(r"## The formula\n\n(.*?)\n\n`read`", PAGE, re.DOTALL)[1]
    missing = [
        name
        for name in Assumptions.model_fields
        if name not in formula and name != "serverless_minutes"
    ]
    assert missing == []
