"""Collectors: YAML files that describe where the images of a gallery are."""

from urllib.parse import urljoin, urlsplit

from pydantic import ValidationError

from pixelmill.errors import InputError
from pixelmill.parameters.galleries import Collector, StartPage
from pixelmill.parameters.recipes import read_settings
from pixelmill.untrusted_text import shown_url
from pixelmill.validation import sentence_of

FILES = (".yml", ".yaml")


def find_collector(images: str | None, named: str | None) -> Collector | None:
    """Return the collector of a gallery.

    Args:
        images: Value of the parameter `images`: the collector itself, the address of a web page, or
            other images.
        named: Collector that is named beside an address.

    Returns:
        The collector, with absolute start pages; None where `images` is no gallery.

    Raises:
        InputError: Only one of address and collector is given, or the collector is invalid.
    """
    is_page = images is not None and images.lower().startswith(("http://", "https://"))
    if named is not None:
        if not is_page:
            raise InputError(
                f"collection.gallery is {named}, but images is {shown_url(images or 'not given')}, "
                "no address of a web page: give the gallery's address, or leave collection.gallery "
                "out"
            )
        return read_collector(named, images)
    if is_page:
        raise InputError(
            f"images is {shown_url(images or '')}, the address of a web page: name its collector "
            "with collection.gallery=FILE.yml (docs/galleries.md), or give a list of URLs (.csv, "
            ".xlsx, .parquet, .txt)"
        )
    is_file = images is not None and images.lower().endswith(FILES)
    return read_collector(str(images)) if is_file else None


def read_collector(place: str, entrance: str | None = None) -> Collector:
    """Read a collector.

    Args:
        place: YAML file on disk.
        entrance: Page that relative start pages are relative to, and the only start page where the
            file names none; None where the file's own pages are absolute.

    Returns:
        The collector; its start pages have absolute URLs.

    Raises:
        InputError: The file is no collector, or its start pages lead nowhere.
    """
    content = read_settings(place, "collector")
    if not isinstance(content, dict):
        raise InputError(f"collector {place} is no list of names and values")
    try:
        collector = Collector.model_validate(content)
    except ValidationError as problem:
        raise InputError(f"collector {place}: {sentence_of(problem, Collector)}") from None
    starts = collector.start or ((StartPage(url=entrance),) if entrance else ())
    if not starts:
        raise InputError(
            f"collector {place} names no start page: add 'start:', or give the gallery's address "
            f"with images=https://… and the collector with collection.gallery={place}"
        )
    absolute = tuple(_absolute(start, entrance, place) for start in starts)
    return collector.model_copy(update={"start": absolute})


def _absolute(start: StartPage, entrance: str | None, place: str) -> StartPage:
    own = ":" in start.url.partition("/")[0]
    if entrance is None and not own:
        raise InputError(
            f"collector {place}: the start page {start.url!r} is relative: give the gallery's "
            f"address with images=https://… and the collector with collection.gallery={place}"
        )
    if entrance is not None and own and start.url != entrance:
        raise InputError(
            f"collector {place} names its start pages by whole addresses, such as "
            f"{shown_url(start.url)}: give images={place}, without collection.gallery"
        )
    return start.model_copy(update={"url": _checked(start.url, entrance or "", place)})


def _checked(written: str, entrance: str, place: str) -> str:
    url = written
    try:
        url = urljoin(entrance, written)
        parts = urlsplit(url)
        valid = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        valid = False
    if not valid or not url.isprintable() or " " in url:
        raise InputError(f"collector {place}: {shown_url(url)} is no http or https address")
    if "@" in parts.netloc:
        raise InputError(
            f"collector {place}: {shown_url(url)} has a user or password: pages that need a login "
            "are not collected"
        )
    return url
