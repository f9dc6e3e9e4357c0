"""LitServe with our converted network and our decoder, and its own batching.

python -m benchmarks.serving_litserve PORT
"""

import sys

import litserve
import numpy as np
from fastapi import Request

from benchmarks.serving_model import Pets, three_labels


class Service(litserve.LitAPI):
    """Labels of photos."""

    def setup(self, device: str) -> None:
        """Opens the network."""
        del device
        self.pets = Pets()

    def decode_request(self, request: Request) -> np.ndarray:
        """Decodes an upload."""
        return self.pets.decode(request["files"].file.read())

    def batch(self, inputs: list[np.ndarray]) -> np.ndarray:
        """Stacks a batch."""
        return np.stack(inputs)

    def predict(self, pixels: np.ndarray) -> np.ndarray:
        """Runs the network."""
        return self.pets.featurize(pixels)

    def unbatch(self, output: np.ndarray) -> list[np.ndarray]:
        """Takes a batch apart."""
        return list(output)

    def encode_response(self, output: np.ndarray) -> dict[str, object]:
        """Names the best classes."""
        return {"predictions": three_labels(output)}


if __name__ == "__main__":
    server = litserve.LitServer(Service(max_batch_size=8, batch_timeout=0.003), accelerator="cpu")
    server.run(port=int(sys.argv[1]), generate_client_file=False, log_level="error")
