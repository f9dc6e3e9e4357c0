"""`kedro emr stop`: end a run and all hourly costs; stored results stay."""

from typing import Any

import click

from pixelmill.emr.chosen_run import choose_run, of_a_run
from pixelmill.emr.record import Launch, launch_folder, load_launch
from pixelmill.emr.state import RunState, find_state
from pixelmill.emr.stopping import stop


@click.command()
@of_a_run
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
def command(params: dict[str, Any], changes: tuple[str, ...], yes: bool) -> None:
    """End a run and its cluster."""
    chosen = choose_run(params, changes)
    launch = load_launch(chosen.storage, chosen.dataset)
    state = find_state(launch)
    if state is None:
        click.echo(f"nothing is to be stopped: AWS no longer knows {launch.owner}")
    elif not state.costs:
        click.echo(f"nothing is to be stopped: the run is over, and {state.place}")
    elif yes or click.confirm(_question(state), default=False):
        _stop(launch)
    else:
        click.echo("nothing was stopped")
        return
    click.echo(_what_stays(launch))


def _stop(launch: Launch) -> None:
    try:
        click.echo(stop(launch))
    except KeyboardInterrupt:
        click.echo(
            f"\nkedro emr status --params dataset={launch.dataset} shows whether {launch.owner} "
            "ends; if not, stop it again"
        )
        raise


def _question(state: RunState) -> str:
    work = "The run is over" if state.is_over else "The run goes on"
    return f"{work} ({state.place}). End it for good?"


def _what_stays(launch: Launch) -> str:
    folder = launch_folder(launch.storage, launch.dataset)
    lines = (
        f"tables and reports stay in {launch.storage}: the same launch does what is missing",
        f"logs and packages of the launches stay in {folder}; this removes them:",
        f"  aws s3 rm --recursive {folder}",
    )
    return "\n".join(lines)
