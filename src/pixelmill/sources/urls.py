"""Images that a table lists by their URLs: downloaded once, then images like any others.

Each lies under a path that depends on its URL alone. A URL of which nothing came has a file that
says why in the image's place, so that it stays an image of the index, and its features' `error` is
that reason. The table `downloads.parquet` beside the images has a row for every URL.
"""

import logging
import time
from collections.abc import Iterator
from urllib.request import getproxies

from pixelmill.errors import InputError
from pixelmill.parameters.downloads import DownloadsParameters
from pixelmill.sources.download_check import damaged_files
from pixelmill.sources.download_files import (
    FAILED,
    find_downloads,
    is_image,
    name_of,
    path_of,
    write_notes,
)
from pixelmill.sources.download_record import (
    NAME,
    checked_sizes,
    reasons,
    recorded_paths,
    summary,
    write_record,
)
from pixelmill.sources.downloading import Download, download_all, failure
from pixelmill.sources.index import Images, Index, Labeller
from pixelmill.sources.listing import Listing
from pixelmill.sources.url_list import UrlList, path_in
from pixelmill.storage import EPOCH, StoredFile, child, open_storage

logger = logging.getLogger(__name__)


def paths_of(listed: UrlList, parameters: DownloadsParameters) -> dict[str, str | None]:
    """The value of every URL by the path of its image; downloads nothing.

    Args:
        listed: URLs and values.
        parameters: Takes `folder`.
    """
    storage = open_storage(parameters.folder)
    there, recorded = find_downloads(storage), recorded_paths(storage)

    def path(url: str) -> str:
        file = there.get(name_of(url))
        return recorded.get(name_of(url)) or (file.path if file else path_of(url, FAILED))

    return {path(url): value for url, value in listed.values.items()}


class UrlImages(Images):
    """Images that are downloaded when they are indexed, but for those that are there already.

    Args:
        images: The table, as the user gave it.
        listed: Its URLs and their labels.
        parameters: How they are downloaded, and where to.
    """

    def __init__(self, images: str, listed: UrlList, parameters: DownloadsParameters) -> None:
        self._images = images
        self._list = listed
        self._parameters = parameters
        self._storage = open_storage(parameters.folder)
        self.root = self._storage.root

    def index(self, label: Labeller | None) -> Index:
        """See `Images`. What labels are read from is the path within the URL.

        Raises:
            InputError: No image could be downloaded, or the folder cannot be written to.
        """
        values = self._list.values
        labels = {url: label(path_in(url)) if label else values[url] for url in values}
        found = sorted(self._download(labels).items(), key=lambda pair: pair[1].path)
        several = {} if label else self._list.contradictions
        return Listing(
            self.root,
            [file for _, file in found],
            [labels[url] for url, _ in found],
            dict(self._list.skipped),
            self._list.skipped_examples,
            several,
        ).index(None)

    def amount(self) -> tuple[int, int]:
        """See `Images`. Sizes are those of the images that are there, and of the others their mean.

        Raises:
            InputError: None is there.
        """
        urls = len(self._list.values)
        sizes = [file.size for _, file in self._images_of(find_downloads(self._storage))]
        if not sizes:
            raise InputError(
                f"Nobody knows the sizes of the {urls} images that {self._images} lists: "
                "download them first, with kedro run --pipelines ingestion."
            )
        return urls, sum(sizes) * urls // len(sizes)

    def _download(self, labels: dict[str, str | None]) -> dict[str, StoredFile]:
        """The image or the note of every URL."""
        began = time.monotonic()
        there = find_downloads(self._storage)
        done = {url: _known(url, file) for url, file in self._whole_images(there)}
        done |= {one.url: one for one in self._fetch([url for url in labels if url not in done])}
        downloads = [done[url] for url in labels]
        failed = [(one.url, str(one.reason)) for one in downloads if one.status == "failed"]
        write_notes(self._storage, failed, there)
        write_record(self._storage, downloads, list(labels.values()))
        if len(failed) == len(downloads):
            raise self._nothing(downloads)
        logger.info("%s", summary(downloads, time.monotonic() - began))
        return self._files(downloads, there)

    def _images_of(self, there: dict[str, StoredFile]) -> Iterator[tuple[str, StoredFile]]:
        for url in self._list.values:
            file = there.get(name_of(url))
            if file and is_image(file):
                yield url, file

    def _whole_images(self, there: dict[str, StoredFile]) -> list[tuple[str, StoredFile]]:
        """The images that need no other download; those that no record vouches for are read."""
        images, sizes = list(self._images_of(there)), checked_sizes(self._storage)
        unknown = [file for _, file in images if sizes.get(file.path) != file.size]
        if not unknown:
            return images
        logger.info("Checking %d images that are there, once.", len(unknown))
        damaged = damaged_files(self._storage, unknown)
        if damaged:
            path, reason = next(iter(damaged.items()))
            logger.warning(
                "%d images that earlier runs left in %s cannot be used and are downloaded again, "
                "for example %s (%s).", len(damaged), self.root, path, reason,
            )  # fmt: skip
        return [(url, file) for url, file in images if file.path not in damaged]

    def _fetch(self, missing: list[str]) -> list[Download]:
        """What comes of the URLs whose images are not there."""
        if not missing:
            return []
        if self._parameters.proxy is None and {"http", "https"} & getproxies().keys():
            logger.warning(
                "The environment names a proxy, which downloads do not use: set "
                "ingestion.downloads.proxy if they have to."
            )
        downloads, silence = download_all(missing, self._storage, self._parameters)
        if silence is None:
            return downloads
        if len(missing) == len(self._list.values):
            raise InputError(
                f"None of the {len(missing)} URLs that {self._images} lists can be reached "
                f"({silence}): check the network, and set ingestion.downloads.proxy where it has "
                "a proxy."
            )
        logger.warning("No host can be reached (%s): downloading is left to the next run.", silence)
        tried = {one.url for one in downloads}
        return downloads + [
            failure(url, f"not tried, because no host can be reached ({silence})")
            for url in missing
            if url not in tried
        ]

    def _nothing(self, downloads: list[Download]) -> InputError:
        if not downloads:
            return InputError(f"There are no URLs in {self._images}.")
        return InputError(
            f"None of the {len(downloads)} images that {self._images} lists could be downloaded"
            f"{reasons(downloads)}; {child(self.root, NAME)} has the reason of each."
        )

    def _files(
        self, downloads: list[Download], there: dict[str, StoredFile]
    ) -> dict[str, StoredFile]:
        new = [one for one in downloads if one.status != "there already"]
        found = self._storage.find_files([one.path for one in new]) if new else []
        files = {one.url: there.get(name_of(one.url)) for one in downloads}
        files |= {one.url: file for one, file in zip(new, found, strict=True)}
        return {
            one.url: files[one.url] or StoredFile(one.path, 0, EPOCH)  # it went meanwhile
            for one in downloads
        }


def _known(url: str, file: StoredFile) -> Download:
    return Download(url, file.path, "there already", None, file.size, 0.0)
