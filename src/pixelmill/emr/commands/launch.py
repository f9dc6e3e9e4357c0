"""`kedro emr launch`: upload the project, create a cluster, run the pipelines on it, and follow."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pixelmill.aws.command_group import INTERRUPTED

if TYPE_CHECKING:
    from pixelmill.emr.job import Job
    from pixelmill.emr.record import Launch


@click.command(
    name="launch",
    context_settings={"ignore_unknown_options": True},
    epilog="All arguments of `kedro run` are taken too, and given to the run: --params, --config, "
    "--pipelines, --tags, --nodes, …",
)
@click.option(
    "--set", "changes", multiple=True, metavar="NAME=VALUE", help="Setting of conf/emr/cluster.yml."
)
@click.option("--serverless", is_flag=True, help="Run on EMR Serverless instead of a cluster.")
@click.option(
    "--environment",
    metavar="S3_URI",
    help="Archive of the Python environment, for --serverless; made here by default.",
)
@click.option("--dry-run", is_flag=True, help="Print the requests; upload and create nothing.")
@click.option("--follow/--no-follow", default=True, help="Show the run's state until it ends.")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def command(
    context: click.Context,
    changes: tuple[str, ...],
    serverless: bool,
    environment: str | None,
    dry_run: bool,
    follow: bool,
    arguments: tuple[str, ...],
) -> None:
    """Run the pipelines on Amazon EMR."""
    from pixelmill.aws.clients import region_of
    from pixelmill.emr.job import Job
    from pixelmill.emr.launching import launch_cluster
    from pixelmill.emr.run_arguments import read_run
    from pixelmill.emr.serverless_launching import launch_serverless
    from pixelmill.emr.settings import load_settings

    project = Path.cwd()
    if environment is not None and not serverless:
        raise click.UsageError("--environment is for --serverless: a cluster makes its own")
    settings = load_settings(project, changes)
    run = read_run(context, list(arguments), project, settings, serverless=serverless)
    job = Job(settings, region_of(settings), run.dataset, run.arguments, run.images)
    if dry_run:
        click.echo(_requests(job, project, environment) if serverless else _cluster_requests(job))
        return
    if serverless:
        launch = launch_serverless(job, project, environment, click.echo)
    else:
        launch = launch_cluster(job, project, click.echo)
    _print_launch(context, launch, follow)


def _cluster_requests(job: "Job") -> str:
    from pixelmill.emr.cli_command import (
        create_cluster_command,
        create_security_configuration_command,
    )
    from pixelmill.emr.cluster_request import cluster_request
    from pixelmill.emr.security import security_content

    request, content = cluster_request(job), security_content(job)
    name = request["SecurityConfiguration"]
    return "\n\n".join(
        [
            json.dumps(request, indent=2),
            f"# The same by the AWS command line, once {job.folder} is filled:",
            "# (<digest> is the SHA-256 of its file SHA256SUMS)",
            create_security_configuration_command(name, content, job.region),
            create_cluster_command(request, job.region),
        ]
    )


def _requests(job: "Job", project: Path, environment: str | None) -> str:
    from pixelmill.emr.serverless_environment import environment_place
    from pixelmill.emr.serverless_request import application_request, job_request

    place = environment or environment_place(job, project)
    requests = {
        "CreateApplication": application_request(job),
        "StartJobRun": job_request(job, "<application>", job.settings.serverless.role, place),
    }
    return json.dumps(requests, indent=2)


def _print_launch(context: click.Context, launch: "Launch", follow: bool) -> None:
    """Say what was launched; show the run until it ends, or the user has seen enough."""
    from pixelmill.emr import following
    from pixelmill.emr.reservation import described

    click.echo(f"launched: {described(launch)}, run {launch.run}; logs come to {launch.logs}")
    if not follow:
        click.echo(following.detached_message(launch))
        return
    try:
        following.follow(launch, click.echo)
    except KeyboardInterrupt:
        click.echo(f"\n{following.detached_message(launch)}")
        context.exit(INTERRUPTED)
