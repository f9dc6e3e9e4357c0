"""Ray Serve with our converted network and our decoder, and its own batching.

python -m benchmarks.serving_ray PORT
"""

import signal
import sys

import numpy as np
import ray
from fastapi import FastAPI, UploadFile
from ray import serve

from benchmarks.serving_model import Pets, three_labels

app = FastAPI()


@serve.deployment(ray_actor_options={"num_cpus": 1}, max_ongoing_requests=64)
@serve.ingress(app)
class Service:
    """Labels of photos."""

    def __init__(self) -> None:
        self.pets = Pets()

    @app.get("/health")
    async def health(self) -> str:
        """That it answers."""
        return "ok"

    @app.post("/predict")
    async def predict(self, files: UploadFile) -> dict[str, object]:
        """Labels of a photo."""
        return {"predictions": three_labels(await self.featurize(await files.read()))}

    @serve.batch(max_batch_size=8, batch_wait_timeout_s=0.003)
    async def featurize(self, photos: list[bytes]) -> list[np.ndarray]:
        """Features of a batch."""
        return list(self.pets.featurize(np.stack([self.pets.decode(one) for one in photos])))


if __name__ == "__main__":
    # Ray counts more cores than there are: its proxy and its controller want some too.
    ray.init(num_cpus=4, include_dashboard=False, log_to_driver=False)
    serve.start(http_options={"host": "127.0.0.1", "port": int(sys.argv[1])})
    serve.run(Service.bind())
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    try:
        signal.pause()
    finally:
        ray.shutdown()  # or its processes live on
