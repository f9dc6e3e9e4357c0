"""Selection of training and test images."""

from collections.abc import Sequence

from pixelmill.errors import InputError
from pixelmill.parameters.method import nearest
from pixelmill.spark.tables import is_in_memory
from pixelmill.spark.types import Table

Pairs = Sequence[tuple[str, str]] | None


def training_images(labelled: Table, pairs: Pairs) -> Table:
    """Select the labelled images of the split 'train'; with chosen pairs those of their classes.

    Args:
        labelled: Columns `label` (or null) and `split`.
        pairs: Pairs of labels; None is every class.
    """
    return _of_pairs(labelled_images(labelled, "train"), pairs)


def labelled_images(labelled: Table, split: str) -> Table:
    """Select the images of a split that have a label.

    Args:
        labelled: Columns `label` (or null) and `split`.
        split: Name of the split.
    """
    if is_in_memory(labelled):
        import pyarrow.compute as pc

        return _of_split(labelled, split).filter(pc.field("label").is_valid())
    return _of_split(labelled, split).filter("label is not null")


def test_images(labelled: Table, pairs: Pairs) -> Table:
    """Select the images of the split 'test', also unlabelled ones; with pairs no other classes.

    Args:
        labelled: Columns `label` (or null) and `split`.
        pairs: Pairs of labels; None is every class.
    """
    return _of_pairs(_of_split(labelled, "test"), pairs)


def classes_of(pairs: Sequence[tuple[str, str]]) -> list[str]:
    """Return the distinct labels of pairs, sorted."""
    return sorted({label for pair in pairs for label in pair})


def chosen_sizes(sizes: dict[str, int], pairs: Pairs) -> dict[str, int]:
    """Return the classes of the chosen pairs with their training images, or all.

    Args:
        sizes: Training images by label.
        pairs: Pairs of labels; None is every class.

    Raises:
        InputError: If a pair names a class without training images.
    """
    chosen = classes_of(pairs) if pairs else list(sizes)
    for label in chosen:
        if label not in sizes:
            raise InputError(
                f"modelling.pairs: there is no training image of '{label}'; {nearest(label, sizes)}"
            )
    return {label: sizes[label] for label in chosen}


def _of_split(images: Table, split: str) -> Table:
    if is_in_memory(images):
        import pyarrow.compute as pc

        return images.filter(pc.field("split") == split)
    return images.filter(f"split = '{split}'")


def _of_pairs(images: Table, pairs: Pairs) -> Table:
    if pairs is None:
        return images
    classes = classes_of(pairs)
    if is_in_memory(images):
        import pyarrow.compute as pc

        return images.filter(pc.field("label").is_null() | pc.field("label").isin(classes))
    from pixelmill.spark import functions as sf

    return images.filter(sf.col("label").isNull() | sf.col("label").isin(classes))
