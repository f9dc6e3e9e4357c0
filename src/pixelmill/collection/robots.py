"""Rules of a host's robots.txt by RFC 9309, and its Crawl-delay."""

import re
import time
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import quote, unquote

LARGEST = 512_000  # bytes that are read; the standard asks for at least 500 KiB
# A file beyond these would keep all other hosts waiting.
_MOST_RULES = 2_000  # with a wildcard or an end, each of which is compared with each path
_LONGEST_RULE = 2_000  # characters
_MOST_WILDCARDS = 10
_BYTES_A_HOST, _BYTES_A_RULE = 500, 250  # beside the characters of its patterns
_LINE = re.compile(r"\s*([A-Za-z-]+)\s*:(.*)")
_WITH_VALUE = ("unavailable_after", "max-")  # directives, and no names of programs
_WORD = re.compile(r"[A-Za-z0-9_-]*")


@dataclass(frozen=True)
class Robots:
    """The rules for one program.

    Attributes:
        rules: Pattern of a path, and whether it allows; the longest that matches counts.
        delay: Seconds between two requests; None where none are named.
    """

    rules: tuple[tuple[str, bool], ...] = ()
    delay: float | None = None

    def allows(self, path: str) -> bool:
        """Return whether a path may be asked for.

        Args:
            path: Path and query of a URL.

        Example:
            >>> rules = parse("User-agent: *\\nDisallow: /a\\nAllow: /a/*.jpg$", "pixelmill")
            >>> [rules.allows(path) for path in ("/b", "/a/x.png", "/a/x.jpg", "/a/x.jpg?1")]
            [True, False, True, False]
        """
        written = _normal(path) or "/"
        found = [(len(pattern), allows) for pattern, allows in self._patterns
                 if _matches(pattern, written)]  # fmt: skip
        beginnings = (written[:length] for length in self._lengths if length <= len(written))
        found += [(len(one), self._prefixes[one]) for one in beginnings if one in self._prefixes]
        return max(found)[1] if found else True

    @cached_property
    def _patterns(self) -> list[tuple[str, bool]]:
        return [rule for rule in self.rules if _is_pattern(rule[0])][:_MOST_RULES]

    @cached_property
    def _prefixes(self) -> dict[str, bool]:
        """Whether each other rule allows; where two say both, the one that allows counts."""
        return dict(sorted(rule for rule in self.rules if not _is_pattern(rule[0])))

    @cached_property
    def _lengths(self) -> set[int]:
        return {len(prefix) for prefix in self._prefixes}

    @property
    def size(self) -> int:
        """Estimated bytes of memory."""
        return _BYTES_A_HOST + sum(_BYTES_A_RULE + len(pattern) for pattern, _ in self.rules)


class RobotsCache:
    """The rules of the hosts that were asked last, as far as they take no more than some memory.

    A list may name as many hosts as it has URLs, each of which may have half a megabyte of rules.

    Args:
        limit: Bytes, estimated.
        lifetime: Seconds after which rules are asked for again.
    """

    def __init__(self, limit: int = 64_000_000, lifetime: float = 3600.0) -> None:
        self._limit, self._lifetime = limit, lifetime
        self._rules: OrderedDict[tuple[str, str], tuple[float, Robots]] = OrderedDict()
        self.size = 0

    def find(self, origin: str, agent: str) -> Robots | None:
        """Return the rules of a host; None where they are not known, or no longer.

        Args:
            origin: Scheme, host and port.
            agent: User agent that servers see.
        """
        known, rules = self._rules.get((origin, agent), (0.0, None))
        if rules is None or time.monotonic() - known > self._lifetime:
            return None
        self._rules.move_to_end((origin, agent))
        return rules

    def keep(self, origin: str, agent: str, rules: Robots) -> None:
        """Keep rules, in the place of those that were not asked for the longest.

        Args:
            origin: Scheme, host and port.
            agent: User agent that servers see.
            rules: Rules of the host.
        """
        self._forget(self._rules.pop((origin, agent), None))
        self._rules[origin, agent] = time.monotonic(), rules
        self.size += rules.size
        while self.size > self._limit and len(self._rules) > 1:
            self._forget(self._rules.popitem(last=False)[1])

    def _forget(self, entry: tuple[float, Robots] | None) -> None:
        self.size -= entry[1].size if entry else 0


ALLOWS_ALL = Robots()
FORBIDS_ALL = Robots((("/", False),))


@dataclass
class _Group:
    """Lines for some programs."""

    agents: set[str] = field(default_factory=set)
    rules: list[tuple[str, bool]] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)


def text_of(data: bytes) -> str:
    """Return the text of a robots.txt, without half a rule at its end where it was cut.

    Args:
        data: Its first `LARGEST` bytes.
    """
    whole = data if len(data) < LARGEST else data[: data.rfind(b"\n") + 1]
    return whole.decode(errors="replace")


def parse(text: str, agent: str) -> Robots:
    """Read a robots.txt.

    Args:
        text: Content of the file; whatever is not a rule is passed over.
        agent: User agent; its first word counts.
    """
    name = first_word(agent)
    groups = _groups(text)
    mine = [group for group in groups if name and name in group.agents]
    mine = mine or [group for group in groups if "*" in group.agents]
    rules = [rule for group in mine for rule in group.rules]
    delays = [delay for group in mine for delay in group.delays]
    return Robots(tuple(rules), max(delays, default=None))


def _groups(text: str) -> list[_Group]:
    groups: list[_Group] = []
    is_open = False  # whether the lines before name programs, to which another may come
    for line in text.lstrip("\ufeff").splitlines():
        found = _LINE.match(line.partition("#")[0])
        if found is None:
            continue
        key, value = found[1].lower(), found[2].strip()
        if key == "user-agent":
            if not is_open:
                groups.append(_Group())
            groups[-1].agents.add("*" if value == "*" else first_word(value))
            is_open = True
        elif key in ("allow", "disallow", "crawl-delay"):
            is_open = False
            if groups and value:
                _add(groups[-1], key, value)
    return groups


def first_word(text: str) -> str:
    """Return the name at the beginning of a user agent, in lower case.

    Args:
        text: User agent, or what a file of rules calls one.
    """
    found = _WORD.match(text)
    return found[0].lower() if found else ""


def _add(group: _Group, key: str, value: str) -> None:
    if key != "crawl-delay":
        short = _short(value)
        if short == value or key == "disallow":
            group.rules.append((_normal(short), key == "allow"))
        return
    try:
        delay = float(value)
    except ValueError:
        return
    if 0 <= delay < float("inf"):
        group.delays.append(delay)


def _short(pattern: str) -> str:
    """Return a shorter pattern with fewer wildcards, which matches more."""
    short = pattern[:_LONGEST_RULE]
    parts = short.split("*")
    return short if len(parts) <= _MOST_WILDCARDS + 1 else "*".join(parts[:_MOST_WILDCARDS])


def _normal(path: str) -> str:
    """Return the canonical escaping of a path."""
    raw = unquote(path, errors="surrogateescape")
    return quote(raw, safe="/*$?=&;:@!+,'()~-._%", errors="surrogateescape")


def _is_pattern(rule: str) -> bool:
    return "*" in rule or rule.endswith("$")


def _matches(pattern: str, path: str) -> bool:
    """Return whether a path matches the beginning of a pattern with `*` and `$`.

    Parts are searched from left to right: with `*` as the only wildcard the first place of each
    part is as good as any other, so that no pattern takes long.
    """
    ends = pattern.endswith("$")
    first, *parts = pattern.removesuffix("$").split("*")
    if not path.startswith(first):
        return False
    place = len(first)
    if ends and parts:
        last = parts.pop()
        if len(path) - len(last) < place or not path.endswith(last):
            return False
        path = path[: len(path) - len(last)]
    elif ends:
        return place == len(path)
    for part in parts:
        found = path.find(part, place)
        if found < 0:
            return False
        place = found + len(part)
    return True


def opted_out(x_robots_tag: str, agent: str) -> set[str]:
    """Return the directives of an `X-Robots-Tag` that hold for a program, in lower case.

    Args:
        x_robots_tag: Values of the header, divided by commas.
        agent: User agent.

    Example:
        >>> sorted(opted_out("otherbot: noindex, noai, pixelmill: none", "pixelmill/1"))
        ['none']
    """
    found, holds = set(), True
    for part in x_robots_tag.lower().split(","):
        name, colon, rest = (text.strip() for text in part.partition(":"))
        if colon and not name.startswith(_WITH_VALUE):
            holds, name = first_word(name) == first_word(agent), rest
        if holds and name:
            found.add(name)
    return found


def reservations(robots_tags: Iterable[str], tdm: str, agent: str) -> set[str]:
    """Return the directives by which a server or a page reserves images, in lower case.

    Args:
        robots_tags: Values of `X-Robots-Tag`, each of which may speak of some programs.
        tdm: Value of `TDM-Reservation`; '' for none.
        agent: User agent.
    """
    found = {one for tag in robots_tags for one in opted_out(tag, agent)}
    if "none" in found:  # means noindex and nofollow
        found |= {"noindex"}
    if tdm.strip() == "1":
        found |= {"tdm-reservation"}
    return found
