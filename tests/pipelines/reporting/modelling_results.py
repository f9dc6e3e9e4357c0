"""What only some strategies and features leave for the report."""

import itertools

import numpy as np
import pandas as pd

PAIRS = ["class_a", "class_b", "train", "test", "success_rate"]
GRID = ["estimator", "parameters", "fold_scores", "mean", "std", "fit_seconds", "error"]
STATISTICS = [f"{channel}_mean" for channel in ("red", "green", "blue", "hue")]


def nothing_more():
    """What the other pipelines leave where nothing of it applies."""
    return {
        "pairs": pd.DataFrame(columns=PAIRS),
        "pair_mistakes": [],
        "class_rates": [],
        "grid": pd.DataFrame(columns=GRID),
        "importance": [],
        "exploration": {},
    }


def everything_more(labels, mistakes):
    """What the other pipelines leave where all of it applies, for some classes.

    Args:
        labels: The classes.
        mistakes: Of pairs: (class_a, class_b, path, label).
    """
    random = np.random.default_rng(0)
    hard = {(a, b) for a, b, _, _ in mistakes}
    pairs = [
        (a, b, 12, 12, 0.75 if (a, b) in hard else 1.0)
        for a, b in itertools.combinations(labels, 2)
    ]
    names = ["class_a", "class_b", "path", "label"]
    return {
        "pairs": pd.DataFrame(pairs, columns=PAIRS),
        "pair_mistakes": [
            dict(zip(names, one, strict=True)) | {"margin": -0.25} for one in mistakes
        ],
        "class_rates": [
            {"label": one, "test": 60, "success_rate": 0.9, "sensitivity": 0.7, "specificity": 0.95}
            for one in labels
        ],
        "grid": pd.DataFrame(
            [
                ("sklearn.svm.SVC", '{"C": 1}', [0.7, 0.8], 0.75, 0.05, 0.012, None),
                ("sklearn.svm.SVC", '{"C": 10}', [0.9, 0.8], 0.85, 0.05, 0.5, None),
                ("sklearn.svm.SVC", '{"C": -1}', None, None, None, None, "C must be above 0"),
            ],
            columns=GRID,
        ),
        "importance": [
            {"feature": name, "permutation": 0.1, "permutation_std": 0.02, "impurity": 0.25}
            for name in STATISTICS
        ],
        "exploration": {
            "classes": {label: 12 + place for place, label in enumerate(labels)},
            "statistics": [
                {
                    "name": name,
                    "edges": [0.0, 0.5, 1.0],
                    "counts": [3, 9],
                    "mean": 0.6,
                    "std": 0.2,
                    "between_classes": 0.75,
                }
                for name in STATISTICS
            ],
            "distributions": {
                "labels": list(labels)[:12],
                "counts": [[[3, place]] * 4 for place in range(len(labels[:12]))],
                "features": [0, 2, 3],
                "codes": [place for place in range(len(labels[:12])) for _ in range(2)],
                "values": random.random((2 * len(labels[:12]), 3)).tolist(),
            },
            "correlation": {"names": STATISTICS, "values": np.eye(4).tolist()},
            "class_means": {
                "labels": list(labels),
                "names": STATISTICS,
                "values": random.normal(size=(len(labels), 4)).tolist(),
            },
        },
    }
