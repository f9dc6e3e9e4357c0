"""All pairs of classes by `svm_sgd`, against MLlib's SVMWithSGD pair by pair.

python -m benchmarks.pairs [--classes 37] [--images 100] [--features 4096] [--pairs 10]
                           [--iterations 100] [--repeats 3]

The features are synthetic, by a seed: normal noise around a centre for each class, then scaled.
They lie in Spark's memory before the clock starts. pixelmill's time is that of the strategy
`one_vs_one` through Spark on two cores, collecting the table and all. MLlib trains on some of the
pairs, with the rows of each in Spark's memory before its clock starts; all pairs are that mean
times their number: extrapolated. Both sides take turns, and their weights are compared.
"""

import argparse
import itertools
import statistics
import time

import numpy as np
import pyarrow as pa
from pyspark.mllib.classification import SVMWithSGD
from pyspark.sql import DataFrame, SparkSession

from benchmarks.machine import print_header
from pixelmill.estimators import BinaryProblem, SparkTraining
from pixelmill.estimators.svm_sgd_mllib import labelled_points
from pixelmill.models import Array
from pixelmill.models.pairwise import PairwiseModel
from pixelmill.parameters import ModellingParameters, SparkParameters
from pixelmill.spark.session import configure, get_session
from pixelmill.strategies import find_strategy

CORES = 2
APART = 0.2  # standard deviation of the centres, where that of the noise is 1
Pair = tuple[int, int]


def clustered(classes: int, images: int, features: int) -> tuple[Array, Array]:
    """Scaled features of images around the centre of their class, and the classes."""
    draw = np.random.default_rng(0)
    target = np.repeat(np.arange(classes), images)
    centres = APART * draw.normal(size=(classes, features))
    values = draw.normal(size=(classes * images, features)) + centres[target]
    return (values - values.mean(axis=0)) / values.std(axis=0), target


def in_memory(spark: SparkSession, values: Array, target: Array) -> DataFrame:
    """The table that estimators see, computed and cached."""
    offsets = np.arange(len(values) + 1, dtype=np.int32) * values.shape[1]
    columns = {
        "path": pa.array([f"{number:07}" for number in range(len(values))]),
        "features": pa.ListArray.from_arrays(pa.array(offsets), pa.array(values.ravel())),
        "target": pa.array(target, pa.int32()),
    }
    table = spark.createDataFrame(pa.table(columns)).persist()
    table.count()
    return table


def pixelmill(table: DataFrame, size: tuple[int, int, int], iterations: int) -> tuple[float, Array]:
    """Seconds of all pairs, and their weights, float64 [pairs, features]."""
    rows, classes, dimension = size
    modelling = ModellingParameters(
        strategy="one_vs_one", estimator="svm_sgd", parameters={"iterations": iterations}
    )
    start = time.perf_counter()
    training = SparkTraining(table, rows, classes, dimension, modelling.broadcast_limit)
    fit = find_strategy(modelling).fit(training, [f"class {number}" for number in range(classes)])
    took = time.perf_counter() - start
    assert isinstance(fit.model, PairwiseModel)
    return took, fit.model.members.weights / 2  # a margin is the difference of two opposite sums


def mllib(table: DataFrame, pair: Pair, iterations: int) -> tuple[float, Array]:
    """Seconds of one pair, and its weights, float64 [features]."""
    points = labelled_points(table, BinaryProblem(pair[1], pair[0])).repartition(CORES).cache()
    points.count()
    start = time.perf_counter()
    model = SVMWithSGD.train(points, iterations=iterations)
    took = time.perf_counter() - start
    points.unpersist()
    return took, model.weights.toArray()


def compare(given: argparse.Namespace) -> None:
    """Prints the seconds of both sides, their ratio, and how far their weights are apart."""
    configure(SparkParameters(master=f"local[{CORES}]", driver_memory="2g"))
    values, target = clustered(given.classes, given.images, given.features)
    table = in_memory(get_session(), values, target)
    vectors = SparkTraining(table, *values.shape, 2, 2**62).table()
    every = list(itertools.combinations(range(given.classes), 2))
    some = every[:: max(1, len(every) // given.pairs)][: given.pairs]
    mllib(vectors, some[0], 2)  # starts Spark's workers and compiles for both sides
    size = (len(values), given.classes, given.features)
    ours, theirs, apart = [], [], []
    for turn in range(given.repeats):
        took, weights = pixelmill(table, size, given.iterations)
        ours.append(took)
        print(f"turn {turn}: pixelmill, {len(every)} pairs: {took:.2f} s", flush=True)
        timed = [mllib(vectors, pair, given.iterations) for pair in some]
        theirs.append(statistics.mean(seconds for seconds, _ in timed) * len(every))
        seconds = ", ".join(f"{seconds:.2f}" for seconds, _ in timed)
        print(f"turn {turn}: MLlib, {len(some)} pairs: {seconds} s; all: {theirs[-1]:.0f} s")
        for pair, (_, expected) in zip(some, timed, strict=True):
            difference = np.linalg.norm(weights[every.index(pair)] - expected)
            apart.append(difference / np.linalg.norm(expected))
    report(ours, theirs, apart, len(every))
    get_session().stop()


def report(ours: list[float], theirs: list[float], apart: list[float], pairs: int) -> None:
    """Prints the medians, and fails where the weights are not the same."""
    middle = statistics.median(ours), statistics.median(theirs)
    print(f"pixelmill, {pairs} pairs: {middle[0]:.2f} s")
    print(f"MLlib, {pairs} pairs, extrapolated: {middle[1]:.0f} s")
    print(f"ratio: {middle[1] / middle[0]:.0f}")
    print(f"weights differ by {max(apart):.1e} of their length at most")
    assert max(apart) < 1e-6, "the weights are not the same"


def main() -> None:
    """Reads the arguments and compares."""
    arguments = argparse.ArgumentParser(description=__doc__)
    defaults = {
        "classes": 37,
        "images": 100,
        "features": 4096,
        "pairs": 10,
        "iterations": 100,
        "repeats": 3,
    }
    for name, value in defaults.items():
        arguments.add_argument(f"--{name}", type=int, default=value)
    print_header()
    compare(arguments.parse_args())


if __name__ == "__main__":
    main()
