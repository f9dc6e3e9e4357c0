"""The map as a run makes it, without Kedro around it."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from pixelmill.datasets.parquet_table import ParquetTable
from pixelmill.parameters import MappingParameters
from pixelmill.pipelines.mapping.copies import fold_copies
from pixelmill.pipelines.mapping.measures import measure_map
from pixelmill.pipelines.mapping.nodes import group_images, project_images, reduce_features

QUICK = {
    "projection": {"method": "pca"},
    "grouping": {"method": "kmeans", "parameters": {"n_clusters": 3}},
    "mosaics": {"size": 400},
}
SCHEMA = "path string, label string, x double, y double, cluster int"


def islands(images=60, dimension=12, groups=3, seed=0):
    """Rows [n, d] around as many centres, one after another, and the centre of each."""
    draw = np.random.default_rng(seed)
    centres = draw.normal(scale=10, size=(groups, dimension))
    which = np.arange(images) % groups
    return (centres[which] + draw.normal(size=(images, dimension))).astype(np.float32), which


@dataclass
class Map:
    """The tables of one data set.

    Attributes:
        spark: The session.
        folder: Folder of the tables.
        made: What the nodes returned, by the catalog's names.
    """

    spark: object
    folder: Path
    made: dict = field(default_factory=dict)

    def index(self, rows, labels=None, errors=None, paths=None):
        """The tables `image_index` and `features`.

        Args:
            rows: Features [n, d].
            labels: Labels of the images.
            errors: By position; such an image has no features.
            paths: Paths of the images.
        """
        errors = errors or {}
        paths = paths or [f"{number:04d}.jpg" for number in range(len(rows))]
        labels = pa.array(labels or [None] * len(rows), pa.string())
        vectors = [None if place in errors else row for place, row in enumerate(rows)]
        index = pa.table({"path": pa.array(paths), "label": labels})
        features = {
            "path": pa.array(paths),
            "features": pa.array(vectors, pa.list_(pa.float32())),
            "error": pa.array([errors.get(place) for place in range(len(rows))], pa.string()),
        }
        return self._saved("image_index", index), self._saved("features", pa.table(features))

    def draw(self, index, features, near_duplicates=None, **parameters):
        """Reduces, folds copies, projects, groups and measures.

        Returns:
            The rows of `image_map` sorted by path, and `map_summary`.
        """
        mapping = MappingParameters(**QUICK | parameters)
        reduced, reduction = reduce_features(index, features, mapping)
        reduced = self._saved("reduced_features", reduced)
        copies = fold_copies(reduced, near_duplicates)
        placed, projection = project_images(reduced, copies, reduction, mapping)
        placed = self._saved("map_coordinates", placed)
        grouped, grouping = group_images(reduced, placed, copies, reduction, mapping)
        grouped = self._saved("image_map", grouped, SCHEMA)
        summary = measure_map(reduced, grouped, copies, reduction, projection, grouping, mapping)
        self.made = {"image_map": grouped, "map_summary": summary, "mapping": mapping}
        return grouped.toArrow().sort_by("path").to_pylist(), summary

    def _saved(self, name, table, schema=None):
        dataset = ParquetTable(filepath=str(self.folder / name), schema=schema)
        dataset.save(table)
        return dataset.load()


@pytest.fixture
def a_map(spark, tmp_path):
    """Tables in a folder of their own."""
    return Map(spark, tmp_path / "tables")
