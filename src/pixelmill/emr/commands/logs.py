"""`kedro emr logs`: print logs of the driver, or failures of executors and bootstrap."""

from collections.abc import Iterable
from typing import Any

import click

from pixelmill.emr.chosen_run import choose_run, of_a_run
from pixelmill.emr.record import Launch, load_launch
from pixelmill.emr.run_logs import LogEnd, RunLogs
from pixelmill.emr.state import RunState, read_state

LINES = 50


@click.command()
@of_a_run
@click.option(
    "--lines",
    type=click.IntRange(min=1),
    default=LINES,
    show_default=True,
    help="Lines from the end of each log.",
)
@click.option(
    "--executors", is_flag=True, help="Show the logs of the executors that failed instead."
)
def command(params: dict[str, Any], changes: tuple[str, ...], lines: int, executors: bool) -> None:
    """Show the driver's log."""
    chosen = choose_run(params, changes)
    launch = load_launch(chosen.storage, chosen.dataset)
    logs = RunLogs(launch)
    if executors:
        if not _print(logs.executors(lines)):
            click.echo(f"no executor's log in {launch.logs} reports a failure so far")
        return
    if _print(logs.driver(lines)):
        return
    state = read_state(launch)
    if not (state.phase == "failed" and _print(logs.bootstrap(lines))):
        click.echo(_why_none(launch, state))


def _print(ends: Iterable[LogEnd]) -> bool:
    """Print the ends of logs; return whether there were any."""
    number = 0
    for number, end in enumerate(ends, 1):  # noqa: B007 (the number of the last one is used)
        click.secho(f"--- {end.path}, of {end.modified:%H:%M:%S} UTC", bold=True)
        click.echo("\n".join(end.lines))
    return number > 0


def _why_none(launch: Launch, state: RunState) -> str:
    later = (
        "EMR copies a log to S3 when its step or job ends, or minutes after it was written; until "
        f"then kedro emr status --params dataset={launch.dataset} shows the progress"
    )
    if not state.is_over:
        return f"there is no log in {launch.logs} yet ({state.phase}: {state.place}): {later}"
    why = f": {state.reason}" if state.reason else ""
    return (
        f"there is no log in {launch.logs} ({state.phase}: {state.place}{why}); a run that ended "
        "within the last ten minutes may still get one"
    )
