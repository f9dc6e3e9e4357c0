"""Checks of collection parameters before any work, if nothing is collected."""

from collections.abc import Iterator, Mapping
from typing import Any

from pixelmill.errors import InputError
from pixelmill.parameters import CollectionParameters, IngestionParameters
from pixelmill.untrusted_text import shown_url

OF_GALLERIES = ("collection.gallery", "collection.gallery_folder", "collection.browser")
GROUPS = ("collection", "ingestion.downloads")  # the second: their earlier names


def check_collection(
    images: str | None,
    collection: CollectionParameters,
    ingestion: IngestionParameters,
    given: Mapping[str, Any],
) -> None:
    """Refuse parameters of the collection that would do nothing beside these images.

    A list of URLs is opened only where there are such parameters. Those of a configuration file
    may stay there for other runs.

    Args:
        images: Value of the parameter `images`.
        collection: Parameters; uses `gallery`.
        ingestion: Ingestion parameters; how a table is read.
        given: Parameters that a recipe or `--params` gives, as nested dictionaries.

    Raises:
        InputError: One would be ignored, or the images cannot be opened.
    """
    names = list(_named(given))
    if not names:
        return
    from pixelmill.collection.url_lists import find_urls
    from pixelmill.galleries import find_collector

    if find_collector(images, collection.gallery) is not None:
        return
    is_list = find_urls(images, ingestion.without_labels()) is not None  # perhaps of a prediction
    ignored = [name for name in names if not is_list or name in OF_GALLERIES]
    if not ignored:
        return
    shown = "null (the embedded sample)" if images is None else shown_url(images)
    kind = "a list of URLs, no gallery" if is_list else "neither a list of URLs nor a gallery"
    raise InputError(
        f"parameter '{ignored[0]}' does nothing while images is {shown}, {kind}: "
        f"leave {ignored[0]} out"
    )


def _named(given: Mapping[str, Any]) -> Iterator[str]:
    """Yield the full names of the parameters that are given; null means none."""
    for group in GROUPS:
        found: Any = given
        for part in group.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
        if isinstance(found, Mapping):
            yield from (f"{group}.{name}" for name, value in found.items()
                        if value is not None and not isinstance(value, Mapping))  # fmt: skip
