"""The usual service: FastAPI, an upload, PIL, and Keras's `model.predict` for each request.

python -m benchmarks.serving_keras PORT
"""

import io
import sys

import numpy as np

from benchmarks.serving_model import three_labels
from benchmarks.usual_way import load_network

SIZE = 224


def keras_server(port: int) -> None:
    """Serve until the process is ended."""
    import uvicorn
    from fastapi import FastAPI, UploadFile
    from PIL import Image

    model, preprocess = load_network("efficientnet_lite0")
    app = FastAPI()

    @app.get("/health")
    def health() -> str:
        return "ok"

    @app.post("/predict")
    def predict(files: UploadFile) -> dict[str, object]:
        image = Image.open(io.BytesIO(files.file.read())).convert("RGB").resize((SIZE, SIZE))
        pixels = preprocess(np.asarray(image, np.float32)[None])
        return {"predictions": three_labels(model.predict(pixels, verbose=0)[0])}

    model.predict(np.zeros((1, SIZE, SIZE, 3), np.float32), verbose=0)
    uvicorn.run(app, port=port, log_level="error")


if __name__ == "__main__":
    keras_server(int(sys.argv[1]))
