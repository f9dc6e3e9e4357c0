"""The way most tutorials show: binaryFile, a pandas UDF, PIL, `keras.Model.predict`.

python -m benchmarks.usual_way FOLDER NETWORK OUTPUT
"""

import io
import os
import sys
from collections.abc import Iterator

import numpy as np
import pandas as pd

SIZE = 224


def main(folder: str, network: str, output: str) -> None:
    """Featurizes a folder into a Parquet table."""
    from pyspark.sql.functions import col, pandas_udf

    from pixelmill.parameters import SparkParameters
    from pixelmill.spark.session import configure, get_session

    configure(SparkParameters(master="local[2]", driver_memory="4g"))
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    spark = get_session()

    @pandas_udf("array<float>")
    def featurize(batches: Iterator[pd.Series]) -> Iterator[pd.Series]:
        from PIL import Image

        model, preprocess = load_network(network)
        for content in batches:
            images = [Image.open(io.BytesIO(data)).convert("RGB") for data in content]
            pixels = np.stack([np.asarray(image.resize((SIZE, SIZE))) for image in images])
            features = model.predict(preprocess(pixels.astype(np.float32)), verbose=0)
            yield pd.Series(list(features))

    spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", "64")
    images = spark.read.format("binaryFile").option("recursiveFileLookup", "true").load(folder)
    features = images.repartition(4).select("path", featurize(col("content")).alias("features"))
    features.write.mode("overwrite").parquet(output)


def load_network(network: str):
    """The Keras network, its input's preprocessing; the weights as pixelmill's run has them."""
    import keras

    if network == "efficientnet_lite0":
        from pixelmill.featurizers.efficientnet_lite0 import featurizer
        from pixelmill.parameters import FeaturizationParameters

        backbone = featurizer(FeaturizationParameters()).backbone
        maps = backbone.build(None)
        pooled = keras.layers.GlobalAveragePooling2D()(maps.output)
        return keras.Model(maps.input, pooled), lambda pixels: (pixels - 127) / 128
    model = keras.applications.ResNet50(weights=None, include_top=False, pooling="avg")
    return model, keras.applications.resnet.preprocess_input


if __name__ == "__main__":
    main(*sys.argv[1:])
