"""What bfloat16 costs: cosine with float32 for every image, and accuracy on two real sets.

python -m benchmarks.precision
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.photos import PETS
from pixelmill.featurizers import find_featurizer
from pixelmill.parameters import FeaturizationParameters

SPLITS = 10


def features(files: list[Path], precision: str) -> NDArray[np.float32]:
    """EfficientNet-Lite0's features of some images, float32 [n, 1280]."""
    parameters = FeaturizationParameters.model_validate({"precision": precision})
    featurize = find_featurizer(parameters).prepare().open(threads=2)
    batches = [files[start : start + 32] for start in range(0, len(files), 32)]
    return np.concatenate([featurize([f.read_bytes() for f in b]).features for b in batches])


def accuracies(vectors: NDArray[np.float32], labels: list[str]) -> NDArray[np.float64]:
    """Logistic regression on scaled features, 30% tested, on the same splits every time."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedShuffleSplit, cross_val_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=200))
    splits = StratifiedShuffleSplit(SPLITS, test_size=0.3, random_state=0)
    return np.asarray(cross_val_score(model, vectors, labels, cv=splits))


def main() -> None:
    """Prints a row for each set."""
    print("| set | lowest cosine | mean cosine | accuracy float32 | accuracy bfloat16 |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for name in ("pets", "bengali_digits", "colours"):
        files = sorted(f for f in (PETS.parent / name).rglob("*") if f.is_file())
        labels = [file.parent.name for file in files]
        fine, coarse = features(files, "float32"), features(files, "bfloat16")
        norms = np.linalg.norm(fine, axis=1) * np.linalg.norm(coarse, axis=1)
        cosine = (fine * coarse).sum(axis=1) / norms
        scores = [f"{accuracies(vectors, labels).mean():.3f}" for vectors in (fine, coarse)]
        print(f"| {name} | {cosine.min():.4f} | {cosine.mean():.4f} | {' | '.join(scores)} |")


if __name__ == "__main__":
    main()
