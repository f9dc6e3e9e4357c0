"""A folder on disk or a prefix of a bucket, with everything below it."""

from operator import attrgetter

from pixelmill.parameters import IngestionParameters
from pixelmill.sources.listing import ImageFilter, Listing, Source
from pixelmill.storage import open_storage

ORDER = 100  # whatever is nothing else is a folder


def recognises(images: str) -> bool:
    """Return whether `images` can be a folder."""
    return bool(images)


def open_source(images: str, parameters: IngestionParameters) -> Source:
    """Return the source of a folder."""
    return FolderSource(images, parameters)


class FolderSource(Source):
    """All images below a folder.

    Args:
        images: Folder, `file://` or `s3://` URI.
        parameters: Parameters; uses `extensions` and `exclude`.
    """

    def __init__(self, images: str, parameters: IngestionParameters) -> None:
        super().__init__(images)
        self._parameters = parameters

    def list_images(self) -> Listing:
        """List the images of the folder."""
        storage = open_storage(self.images)
        image_filter = ImageFilter(self._parameters.extensions, self._parameters.exclude)
        files = [
            file for file in storage.list_files(image_filter.enter) if image_filter.keep(file.path)
        ]
        if not files:
            raise image_filter.nothing_found(storage.root)
        return image_filter.listing(storage.root, sorted(files, key=attrgetter("path")))
