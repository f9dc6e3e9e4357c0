"""The copies that are left out of the splits, so that none of a training image is tested."""

from pixelmill.errors import InputError
from pixelmill.pipelines.duplicates.state import DISABLED, index_state, table_state
from pixelmill.spark.types import ArrowTable, DataFrame

LEFT_OUT = "left_out"
COMMAND = "kedro run --pipelines ingestion,featurization,duplicates"


def find_copies(image_index: DataFrame, near_duplicates: ArrowTable | None) -> DataFrame:
    """The images that have another one in their place.

    Args:
        image_index: Columns `path`, `size`, `modified`.
        near_duplicates: The table of that name, or None.

    Returns:
        Their `path`.

    Raises:
        InputError: Where nobody looked for near-duplicates, or among other images than these.
    """
    import pyarrow.compute as pc

    asked = "splitting.near_duplicates is leave_out, but"
    if near_duplicates is None:
        raise InputError(f"{asked} nobody looked for near-duplicates yet: run `{COMMAND}` first")
    state = table_state(near_duplicates)
    if state == DISABLED:
        raise InputError(
            f"{asked} duplicates.enabled was false when near-duplicates were last looked for: "
            f"set it to true and run `{COMMAND}` first"
        )
    if state != index_state(image_index):
        raise InputError(
            f"{asked} images came, went or changed since near-duplicates were looked for: "
            f"run `{COMMAND}` first"
        )
    copies = near_duplicates.filter(pc.invert(near_duplicates["keep"]))
    return image_index.sparkSession.createDataFrame(copies.select(["path"]))
