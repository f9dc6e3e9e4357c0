"""The state of a run, on one screen."""

from dataclasses import dataclass
from datetime import UTC, datetime

from pixelmill.emr.record import Launch
from pixelmill.emr.spent import Spent
from pixelmill.emr.state import RunState
from pixelmill.progress_record import ProgressRecord
from pixelmill.storage.lease_owner import LeaseRecord

SILENT = 120.0  # seconds without a sign of life that are worth a word
CLOCKS = 300.0  # seconds that the clocks of two machines may differ


@dataclass(frozen=True)
class StatusView:
    """What can be known of a run.

    Attributes:
        dataset: Name of the data set.
        storage: Bucket and prefix of all tables.
        launch: Record of `kedro emr launch`; None if it started no run.
        state: State reported by AWS; None if it forgot the run, or there is no launch.
        progress: Last progress record of the run.
        lease: Lease of the data set, which names the current run.
        spent: Cost so far.
        cost_unknown: Reason why the cost is unknown; '' if it is known.
    """

    dataset: str
    storage: str
    launch: Launch | None = None
    state: RunState | None = None
    progress: ProgressRecord | None = None
    lease: LeaseRecord | None = None
    spent: Spent | None = None
    cost_unknown: str = ""

    @property
    def own_progress(self) -> ProgressRecord | None:
        """The progress of this launch; that of an earlier run is another matter."""
        if self.progress is None or self.launch is None:
            return self.progress
        if self.progress.launch is not None:
            return self.progress if f"/{self.progress.launch}/" in self.launch.logs else None
        later = (self.progress.started - self.launch.started).total_seconds() > -CLOCKS
        return self.progress if later else None

    @property
    def is_over(self) -> bool:
        """Whether nothing is going to change any more."""
        if self.state is not None:
            return self.state.is_over
        return self.launch is not None or self.progress is None or self.progress.state != "running"


def status_lines(view: StatusView, now: datetime | None = None) -> list[str]:
    """Return the lines of the screen.

    Args:
        view: What is known.
        now: The time; None takes the clock's.
    """
    now = now or datetime.now(UTC)
    rows = {
        "state": _state(view),
        "why": _why(view),
        "images": _images(view.own_progress),
        "node": _node(view),
        "last sign": _sign_of_life(view, now),
        "cost so far": _cost(view),
        "results": _results(view),
    }
    lines = [f"  {name:<12} {text}" for name, text in rows.items() if text]
    return [_title(view, now), *lines, "", *_next_commands(view)]


def _title(view: StatusView, now: datetime) -> str:
    launch = view.launch
    if launch is None:
        return f"{view.dataset} in {view.storage}: not launched by kedro emr"
    place = {"cluster": "on a cluster", "serverless": "on EMR Serverless"}[launch.target]
    ago = duration((now - launch.started).total_seconds())
    return f"{view.dataset} {place} in {launch.region}, {launch.release}, launched {ago} ago"


def _state(view: StatusView) -> str:
    if view.state is not None:
        paid = "" if view.state.costs else ", and costs nothing more"
        return f"{view.state.phase}: {view.state.place}{paid}"
    if view.launch is not None:
        return "over: AWS no longer knows it"
    return view.progress.state if view.progress else ""


def _why(view: StatusView) -> str:
    progress = view.own_progress
    own = progress.sentence if progress is not None and progress.state == "failed" else None
    return own or (view.state.reason if view.state else "")


def _images(progress: ProgressRecord | None) -> str:
    if progress is None or progress.images is None:
        return ""
    if progress.done is None:
        return f"{progress.images:,}; none is done yet"
    share = progress.done / progress.images if progress.images else 1.0
    parts = [f"{progress.done:,} of {progress.images:,} ({share:.1%})"]
    if progress.images_per_second:
        parts.append(f"{progress.images_per_second:,.1f} a second")
    left = progress.seconds_left()
    if progress.state == "running" and left:
        parts.append(f"{duration(left)} left")
    return ", ".join([*parts, f"{progress.failed:,} failures"])


def _node(view: StatusView) -> str:
    progress = view.own_progress
    if view.is_over or progress is None or progress.node is None:
        return ""
    return f"{progress.node}, on {progress.host}"


def _sign_of_life(view: StatusView, now: datetime) -> str:
    progress = view.own_progress
    if view.is_over or progress is None or progress.state != "running":
        return ""
    age = view.lease.age if view.lease else (now - progress.updated).total_seconds()
    if age < SILENT:
        return f"{duration(max(age, 0.0))} ago"
    return (
        f"{duration(age)} ago, which is long: the driver may be dead, or cut off from S3; "
        "what is saved stays, and another launch does the rest"
    )


def _cost(view: StatusView) -> str:
    if view.spent is None:
        return view.cost_unknown and f"unknown: {view.cost_unknown}"
    spent = view.spent
    return f"{spent.dollars:,.2f} USD ({spent.of}; {spent.prices}, without S3 and tax)"


def _results(view: StatusView) -> str:
    finished = view.own_progress is not None and view.own_progress.state == "finished"
    return f"{view.storage}/08_reporting/{view.dataset}/" if finished else ""


def _next_commands(view: StatusView) -> list[str]:
    if view.launch is None:
        return []
    run = f"--params dataset={view.dataset}"
    commands = [f"kedro emr logs {run}"]
    if view.state is not None and view.state.costs:
        commands.append(f"kedro emr stop {run}")
    return commands


def duration(seconds: float) -> str:
    """Return a duration in words.

    Example:
        >>> duration(42), duration(600), duration(5400), duration(200_000)
        ('42 s', '10 min', '1 h 30 min', '2 d 7 h')
    """
    if seconds < 120:
        return f"{seconds:.0f} s"
    minutes = int(seconds // 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min"
    return f"{hours // 24} d {hours % 24} h"
