"""The state of a host: its rate, its pauses, its robots.txt."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from random import SystemRandom

from pixelmill.collection.attempt import Answer, sent_url
from pixelmill.collection.reasons import LONGEST_WAIT, AttemptError
from pixelmill.collection.redirects import Step
from pixelmill.collection.results import UrlRequest
from pixelmill.collection.robots import ALLOWS_ALL, Robots, RobotsCache, parse, text_of

PAUSE = 0.5  # seconds before the first of the further attempts; doubled before each other one
ENOUGH = 20  # failed connections, and
HOSTS = 5  # as many hosts, or all there are, before everything is given up
NOT_TRIED = "not tried, because no host can be reached"
# URLs of a host in a row that reach no host or are told to wait, before the others are left alone.
GIVES_UP = 5
_OF_SERVER = 500  # first HTTP status that says that a server fails
_random = SystemRandom()
_known_robots = RobotsCache()  # of this process


@dataclass
class Task:
    """A URL, the attempts at it so far, their seconds, and the request that comes next."""

    wanted: UrlRequest
    attempts: int = 0
    seconds: float = 0.0
    step: Step = field(init=False)

    def __post_init__(self) -> None:
        """Begin with the URL itself."""
        self.restart()

    @property
    def is_new(self) -> bool:
        """Whether no request was made yet."""
        return self.attempts == self.step.redirects == 0

    def restart(self) -> None:
        """Begin again with the URL itself, without cookies."""
        self.step = Step(self.wanted.url)


@dataclass
class Host:
    """A host and what waits for it.

    Attributes:
        name: Name with the port.
        pace: Seconds between two requests on average, as the parameters say.
        at_once: Requests that may be under way at once.
        delay: Crawl-delay of its robots.txt in seconds.
        waiting: URLs that wait.
        active: Coroutines that serve it.
        dead: Error for all other URLs of the host; None while it may be asked.
    """

    name: str
    pace: float
    at_once: int
    delay: float = 0.0
    waiting: deque[Task] = field(default_factory=deque)
    active: int = 0
    dead: AttemptError | None = None
    _rests_until: float = 0.0
    _due: float = 0.0  # time by which all requests so far would have come one by one
    _in_vain: int = 0
    _refusals: int = 0
    _asking: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def interval(self) -> float:
        """Seconds between two requests on average."""
        return max(self.pace, self.delay)

    @property
    def burst(self) -> int:
        """Requests that may come at once."""
        return 1 if self.delay > self.pace else self.at_once

    @property
    def free_in(self) -> float:
        """Seconds until it may be asked by who knows nothing of the requests so far."""
        return max(self._due, self._rests_until) - time.monotonic()

    async def turn(self) -> None:
        """Wait until the host may be asked once more.

        The generic cell rate algorithm: a request is due `interval` after the one before it, and
        `burst - 1` of them may come early.
        """
        while (left := self._rests_until - time.monotonic()) > 0:
            await asyncio.sleep(left)
        now, interval = time.monotonic(), self.interval
        early = max(self._due, now) - now - (self.burst - 1) * interval
        self._due = max(self._due, now) + interval
        try:
            if early > 0:
                await asyncio.sleep(early)
        except asyncio.CancelledError:
            self._due -= interval
            raise

    async def rest(self, attempts: int, problem: AttemptError) -> None:
        """Wait before another attempt; where the host is busy, all other URLs wait instead.

        Args:
            attempts: Number of attempts so far.
            problem: Error.
        """
        jitter = 1 + _random.random()
        if problem.wait is None:
            pause = PAUSE * 2 ** (attempts - 1) * jitter
        else:
            pause = problem.wait * (1 + 0.1 * (jitter - 1))
        if problem.busy:
            self._rests_until = max(self._rests_until, time.monotonic() + pause)
        else:
            await asyncio.sleep(pause)

    def record(self, problem: AttemptError | None) -> None:
        """Record the final result of a URL.

        Args:
            problem: Error of the request; None for an image.
        """
        in_vain = problem is not None and (problem.reached is False or bool(problem.wait))
        self._in_vain = self._in_vain + 1 if in_vain else 0
        if problem is not None and (problem.of_host or self._in_vain >= GIVES_UP):
            self.dead = replace(problem, final_url="")  # which is that of one URL alone

    async def obey_robots(self, url: str, agent: str, ask: "AskForRobots") -> None:
        """Keep to robots.txt, which is asked for where it is not known.

        Args:
            url: URL of the host.
            agent: User agent.
            ask: Function that downloads a URL.

        Raises:
            AttemptError: The URL may not be asked for, or it is unknown whether it may.
        """
        origin = f"{url.partition(':')[0].strip().lower()}://{self.name}"
        async with self._asking:
            rules = _known_robots.find(origin, agent)
            if rules is None and self.dead is None:
                rules = await self._find_robots(origin, agent, ask)
        if rules is None:
            raise AttemptError("robots.txt cannot be read", later=True)
        if rules.delay is not None and rules.delay > LONGEST_WAIT:
            raise AttemptError(f"robots.txt asks for {rules.delay:.0f} s between two requests")
        self.delay = max(self.delay, rules.delay or 0.0)
        if not rules.allows(sent_url(url).raw_path_qs):
            raise AttemptError("robots.txt forbids it")

    async def _find_robots(self, origin: str, agent: str, ask: "AskForRobots") -> Robots:
        await self.turn()
        try:
            rules = await _robots_of(f"{origin}/robots.txt", agent, ask)
        except AttemptError as problem:
            self._refusals += 1
            if self._refusals >= GIVES_UP:  # not once more for each URL
                self.dead = replace(problem, passing=False, later=True)
            raise
        _known_robots.keep(origin, agent, rules)
        return rules


AskForRobots = Callable[[str], Awaitable[Answer]]


async def _robots_of(url: str, agent: str, ask: AskForRobots) -> Robots:
    """Return the rules; a host without the file allows all, a failing one allows nothing."""
    try:
        answer = await ask(url)
    except AttemptError as problem:
        if problem.reached is False:
            raise
        if problem.passing or problem.later or (problem.status or 0) >= _OF_SERVER:
            reason = f"robots.txt cannot be read: {problem.reason}"
            raise AttemptError(reason, passing=True, busy=problem.busy, wait=problem.wait) from None
        return ALLOWS_ALL
    return parse(text_of(answer.data), agent)


class Connectivity:
    """Counts attempts that reach no host until the first answer of any host.

    Args:
        hosts: Hosts so far.
        silence: Reason why no host is tried; None if they are.

    Attributes:
        silence: Reason why other hosts are not tried; None while they are.
    """

    def __init__(self, hosts: dict[str, Host], silence: str | None = None) -> None:
        self.silence = _not_tried(silence) if silence else None
        self._hosts = hosts
        self._answered = False
        self._unreached = 0
        self._silent: set[str] = set()

    def answered(self) -> None:
        """Record an answer of a host, which may be a refusal."""
        self._answered = True

    def record_failure(self, host: str, reason: str) -> None:
        """Record an attempt that reached no host.

        Args:
            host: Host that was asked.
            reason: Reason of the failure.
        """
        self._unreached += 1
        self._silent.add(host)
        enough = self._unreached >= ENOUGH and len(self._silent) >= min(len(self._hosts), HOSTS)
        if enough and not self._answered:
            self.silence = _not_tried(f"{NOT_TRIED} ({reason})")


def _not_tried(reason: str) -> AttemptError:
    return AttemptError(reason, later=True, reached=False)
