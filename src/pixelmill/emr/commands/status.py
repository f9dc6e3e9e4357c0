"""`kedro emr status`: print the state of a run, read from S3 and AWS."""

import time
from typing import Any

import click

from pixelmill.aws.clients import may_pass
from pixelmill.aws.option_types import FiniteFloat
from pixelmill.emr.chosen_run import ChosenRun, choose_run, of_a_run
from pixelmill.emr.record import Launch, find_launch
from pixelmill.emr.spent import Spent, cost_so_far
from pixelmill.emr.state import find_state
from pixelmill.emr.status_page import StatusView, status_lines
from pixelmill.errors import InputError
from pixelmill.progress_record import find_progress
from pixelmill.storage.lease import find_lease

EVERY = 10.0  # seconds between two looks


@click.command()
@of_a_run
@click.option("--watch", is_flag=True, help="Look again every few seconds until the run is over.")
@click.option(
    "--every",
    type=FiniteFloat(min=0.1, max=86_400),
    default=EVERY,
    show_default=True,
    help="Seconds between two looks.",
)
def command(params: dict[str, Any], changes: tuple[str, ...], watch: bool, every: float) -> None:
    """Show state, progress and cost of a run."""
    chosen = choose_run(params, changes)
    try:
        while not _show(chosen, watch=watch) and watch:
            time.sleep(every)
    except KeyboardInterrupt:
        click.echo("the run goes on")


def _show(chosen: ChosenRun, *, watch: bool) -> bool:
    """Print the screen; return whether the run is over."""
    try:
        view = look(chosen)
    except InputError as problem:
        if not (watch and may_pass(problem)):
            raise
        click.echo(f"{str(problem).rstrip('.')}; this looks again")
        return False
    if watch:
        click.clear()  # does nothing where no terminal is
    click.echo("\n".join(status_lines(view)))
    return view.is_over


def look(chosen: ChosenRun) -> StatusView:
    """Collect all that is known of a run.

    Args:
        chosen: The run.

    Raises:
        InputError: If there is none, or S3 or AWS does not answer.
    """
    storage, dataset = chosen.storage, chosen.dataset
    launch, progress = find_launch(storage, dataset), find_progress(storage, dataset)
    if launch is None and progress is None:
        raise InputError(
            f"nothing was launched for the data set '{dataset}' in {storage}, and no run wrote "
            f"there: kedro emr launch --params dataset={dataset} does"
        )
    lease = find_lease(storage, dataset)
    if launch is None:
        return StatusView(dataset, storage, progress=progress, lease=lease)
    spent, unknown = _cost(launch)
    return StatusView(
        dataset,
        storage,
        launch,
        find_state(launch),
        progress,
        lease,
        spent,
        unknown,
    )


def _cost(launch: Launch) -> tuple[Spent | None, str]:
    """Return the cost so far, or why it is unknown."""
    try:
        return cost_so_far(launch), ""
    except InputError as problem:
        return None, str(problem)
