"""BentoML with our converted network and our decoder, and its adaptive batching.

python -m benchmarks.serving_bentoml PORT
"""

import sys
from pathlib import Path
from typing import Annotated

import bentoml
import numpy as np
from bentoml.validators import ContentType

from benchmarks.serving_model import Pets, three_labels

Photo = Annotated[Path, ContentType("image/jpeg")]


@bentoml.service(traffic={"timeout": 60})
class Service:
    """Labels of photos."""

    def __init__(self) -> None:
        self.pets = Pets()

    @bentoml.api(batchable=True, max_batch_size=8, max_latency_ms=2000, route="/predict")
    def predict(self, files: list[Photo]) -> list[dict[str, object]]:
        """Labels of the photos of a batch."""
        pixels = np.stack([self.pets.decode(file.read_bytes()) for file in files])
        return [{"predictions": three_labels(row)} for row in self.pets.featurize(pixels)]

    @bentoml.api(route="/health")
    def health(self) -> str:
        """That it answers."""
        return "ok"


if __name__ == "__main__":
    bentoml.serve(f"{__spec__.name}:Service", port=int(sys.argv[1]), blocking=True)
