"""The images that a classifier learns from, and those that it is measured on."""

from collections.abc import Sequence

from pixelmill.spark.types import DataFrame

Pairs = Sequence[tuple[str, str]] | None


def training_images(labelled: DataFrame, pairs: Pairs) -> DataFrame:
    """The labelled images of the split 'train'; where pairs are chosen, those of their classes.

    Args:
        labelled: Columns `label` (or null) and `split`.
        pairs: Pairs of labels; None is every class.
    """
    return _of_pairs(labelled.filter("split = 'train' and label is not null"), pairs)


def test_images(labelled: DataFrame, pairs: Pairs) -> DataFrame:
    """The images of the split 'test', without labels too; with chosen pairs no other classes.

    Args:
        labelled: Columns `label` (or null) and `split`.
        pairs: Pairs of labels; None is every class.
    """
    return _of_pairs(labelled.filter("split = 'test'"), pairs)


def classes_of(pairs: Sequence[tuple[str, str]]) -> list[str]:
    """The labels that stand in pairs, sorted, each once."""
    return sorted({label for pair in pairs for label in pair})


def _of_pairs(images: DataFrame, pairs: Pairs) -> DataFrame:
    from pyspark.sql import functions as sf

    if pairs is None:
        return images
    label = sf.col("label")
    return images.filter(label.isNull() | label.isin(classes_of(pairs)))
