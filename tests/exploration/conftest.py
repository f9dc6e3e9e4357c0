"""Rows of picture_checks that have no fault but what a test wants."""

import numpy as np
import pytest

from pixelmill.featurizers.picture_checks import COLUMNS

GOOD = {
    "width": 500, "height": 400, "short_side": 400, "aspect": 1.25, "format": 0, "channels": 3,
    "taken": 0,
    "edge_width": 0.8, "edge_strength": 60, "luma_mean": 120, "luma_std": 50, "luma_p1": 5,
    "luma_p5": 20, "luma_p50": 120, "luma_p95": 220, "luma_p99": 240, "entropy": 7, "spread": 55,
    "contrast": 0.43, "chroma_mean": 40, "chroma_p99": 120,
}  # fmt: skip


@pytest.fixture
def rows():
    """Makes rows of numbers, one for each dictionary of what is unlike a good photo."""

    def rows(*changes):
        return np.array([[(GOOD | one)[name] for name in COLUMNS] for one in changes], np.float32)

    return rows
