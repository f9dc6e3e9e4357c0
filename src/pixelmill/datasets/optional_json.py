"""What another pipeline may have left."""

from typing import Any, NewType

from kedro.io.core import AbstractDataset
from kedro_datasets.json import JSONDataset

JSONPreview = NewType("JSONPreview", str)  # kedro-viz goes by the name of the type


class OptionalJson(AbstractDataset[Any, Any]):
    """A JSON file that is nothing, `{}`, while it is not there.

    A report reads it by the name that the pipeline writes it by: in one run with that pipeline
    it waits for it, and in a run without it shows what an earlier run left, if any.

    Example:
        >>> OptionalJson(filepath="data/08_reporting/nowhere/map.json").load()
        {}
    """

    def __init__(
        self,
        *,
        filepath: str,
        save_args: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        """Names the file; touches neither disk nor network.

        Args:
            filepath: Of the file, on disk or as an `s3://` URI.
            save_args: Of `json.dump`.
            metadata: For Kedro's plugins, as kedro-viz's layer.
        """
        self._filepath = filepath
        self._file = JSONDataset(filepath=filepath, save_args=save_args)
        self.metadata = metadata

    def load(self) -> Any:
        """The content of the file; `{}` where there is no file."""
        return self._file.load() if self._exists() else {}

    def save(self, data: Any) -> None:
        """Replaces the file.

        Args:
            data: What JSON can hold.
        """
        self._file.save(data)

    def preview(self) -> JSONPreview:
        """The content for kedro-viz."""
        return JSONPreview(self._file.preview())

    def _exists(self) -> bool:
        return bool(self._file.exists())

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath}
