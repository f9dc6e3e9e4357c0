"""The parameters of every pipeline, typed: an unknown or impossible value fails before any work.

`conf/base/parameters` holds the values; Kedro turns them into these models because the nodes'
signatures name them.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Fraction = Annotated[float, Field(gt=0, lt=1)]
Count = Annotated[int, Field(ge=1)]


class Parameters(BaseModel):
    """A group of parameters: unknown names are refused, values never change after validation."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class IngestionParameters(Parameters):
    """How `images` becomes the image index.

    Attributes:
        label: Where an image's label comes from: its parent folder, a regular expression on its
            path, a column of the table that lists the images, or nowhere.
        pattern: Regular expression with one group, searched in the file name (label: pattern).
        column: Name of the label's column (label: column).
        path_column: Name of the column that holds the paths, where `images` is a table.
        extensions: File name endings, in lower case, that count as images.
        sample_folder: Folder that the embedded sample is written to.
    """

    label: Literal["parent", "pattern", "column", "none"] = "parent"
    pattern: str | None = None
    column: str | None = None
    path_column: str = "path"
    extensions: tuple[str, ...] = (
        ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff",
    )  # fmt: skip
    sample_folder: str = "data/01_raw/digits"

    @model_validator(mode="after")
    def _label_has_its_source(self) -> "IngestionParameters":
        if self.label in ("pattern", "column") and getattr(self, self.label) is None:
            raise ValueError(f"label: {self.label} needs ingestion.{self.label}")
        return self


class SplittingParameters(Parameters):
    """How the images are divided into 'train' and 'test'.

    Attributes:
        method: By a hash of path and seed, the first of each class, a folder of the path, or a
            column of the table that lists the images.
        test_fraction: Share of the images that is tested (method: fraction).
        count: Number of training images of each class (method: first_per_class).
        column: Name of the column that holds 'train' or 'test' (method: column).
        seed: Changes which images are drawn (method: fraction).
    """

    method: Literal["fraction", "first_per_class", "folder", "column"] = "fraction"
    test_fraction: Fraction = 0.3
    count: Count = 100
    column: str | None = None
    seed: int = 0

    @model_validator(mode="after")
    def _column_is_named(self) -> "SplittingParameters":
        if self.method == "column" and self.column is None:
            raise ValueError("method: column needs splitting.column")
        return self


class FeaturizationParameters(Parameters):
    """What turns an image into a vector, and how the work is divided.

    Attributes:
        featurizer: `efficientnet_lite0`, a network of `keras.applications` by its name in
            snake_case (`resnet50`), or a module of `pixelmill.featurizers`.
        layer: Name of the layer whose output is taken; null is the last before the classifier.
        pooling: What becomes of a layer's height and width: mean, maximum, or flattened (none).
        weights: `imagenet`, `random`, or the path or URI of a weights file.
        engine: What runs the network: a module of `pixelmill.engines`.
        precision: Of the arithmetic; `auto` is bfloat16 where the CPU has it.
        batch_size: Images that the network sees at once.
        chunk_size: Images that are saved at once: what a killed run loses at most.
        max_pixels: Images with more pixels are refused before they are decoded.
        reads_in_flight: Images that a worker reads ahead of the network.
    """

    featurizer: str = "efficientnet_lite0"
    layer: str | None = None
    pooling: Literal["avg", "max", "none"] = "avg"
    weights: str = "imagenet"
    engine: str = "openvino"
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    batch_size: Annotated[int, Field(ge=1, le=1024)] = 8
    chunk_size: Count = 20_000
    max_pixels: Count = 100_000_000
    reads_in_flight: Annotated[int, Field(ge=1, le=256)] = 16


class PreparationParameters(Parameters):
    """What is done to features before a classifier sees them; fitted on the training split only.

    Attributes:
        scale: Whether each feature gets mean 0 and variance 1.
        normalize: Whether each image's vector gets length 1 (after scaling).
        pca: Principal components to keep: a number of them, or a share of the variance; null
            keeps the features as they are.
    """

    scale: bool = True
    normalize: bool = False
    pca: int | float | None = None

    @model_validator(mode="after")
    def _pca_is_a_number_or_a_share(self) -> "PreparationParameters":
        wanted = self.pca
        number = isinstance(wanted, int) and not isinstance(wanted, bool) and wanted >= 1
        share = isinstance(wanted, float) and 0 < wanted < 1
        if not (wanted is None or number or share):
            raise ValueError(
                f"pca: {wanted} is neither a number of components (1, 2, …) nor a share of the "
                "variance between 0 and 1"
            )
        return self


class GridPoint(Parameters):
    """Some points of a grid: one estimator with every combination of its parameters.

    Attributes:
        estimator: Its name.
        parameters: By name, a value or a list of values to try.
    """

    estimator: str
    parameters: dict[str, Any] = Field(default_factory=dict)


class GridParameters(Parameters):
    """A search for the best estimator.

    Attributes:
        folds: Of the stratified cross-validation over the training images.
        scoring: What is compared; f1 is the mean over the classes.
        seed: Of the division into folds.
        points: What is tried.
    """

    folds: Annotated[int, Field(ge=2)] = 5
    scoring: Literal["accuracy", "f1", "balanced_accuracy"] = "accuracy"
    seed: int = 0
    points: list[GridPoint]

    @model_validator(mode="after")
    def _has_points(self) -> "GridParameters":
        if not self.points:
            raise ValueError("points: the grid has none; name at least one estimator, or set null")
        return self


class ModellingParameters(Parameters):
    """The classifier.

    Attributes:
        features: Names (or fingerprints) of the featurizers whose features are joined; null takes
            those of `featurization.featurizer`.
        preparation: What is done to the features first.
        strategy: A module of `pixelmill.strategies`: how classes are divided among estimators.
        pairs: Pairs of classes to tell apart (strategy: one_vs_one); null is every pair.
        balance: Whether classes weigh the same whatever their sizes (strategy: one_vs_rest).
        estimator: A module of `pixelmill.estimators`, or `sklearn.<module>.<Class>`.
        parameters: Of the estimator, by its own names.
        grid: Estimators and parameters to choose from by cross-validation, in the place of
            `estimator` and `parameters`; null takes those.
        broadcast_limit: Bytes of training features above which they are not sent to one worker.
    """

    features: list[str] | None = None
    preparation: PreparationParameters = Field(default_factory=PreparationParameters)
    strategy: str = "multinomial"
    pairs: list[tuple[str, str]] | None = None
    balance: bool = True
    estimator: str = "logistic_regression"
    parameters: dict[str, Any] = Field(default_factory=dict)
    grid: GridParameters | None = None
    broadcast_limit: Count = 2_000_000_000

    @model_validator(mode="after")
    def _pairs_have_their_strategy(self) -> "ModellingParameters":
        if self.pairs is not None and self.strategy != "one_vs_one":
            raise ValueError("pairs needs strategy: one_vs_one")
        if self.pairs == []:
            raise ValueError("pairs: there are none; name at least one, or set null for all")
        return self


class ReportingParameters(Parameters):
    """What the report shows.

    Attributes:
        samples: Test images on the sheet of predictions.
        thumbnail: Longer side of a thumbnail, in pixels.
    """

    samples: Annotated[int, Field(ge=0, le=1000)] = 60
    thumbnail: Annotated[int, Field(ge=16, le=1024)] = 160


class SparkParameters(Parameters):
    """The Spark session.

    Attributes:
        master: Spark's master URL; null leaves it to the cluster's own configuration.
        driver_memory: Heap of the driver's JVM, as Spark writes it (2g).
        properties: Any other Spark property by its full name.
        s3a_jars: Folder of the jars of Hadoop's connector to S3, for tables on S3 and a Spark that
            brings none; null has Spark fetch them.
    """

    master: str | None = "local[*]"
    driver_memory: Annotated[str, Field(pattern=r"^[1-9]\d*[kmgKMG]$")] = "2g"
    properties: dict[str, str | int | float | bool] = Field(default_factory=dict)
    s3a_jars: str | None = None


class S3Parameters(Parameters):
    """Where S3 is.

    Attributes:
        endpoint: URL of a store that speaks S3's protocol, as MinIO; null is AWS, or what
            AWS_ENDPOINT_URL says.
    """

    endpoint: Annotated[str, Field(pattern=r"^https?://[^/]+/?$")] | None = None


class ProjectParameters(Parameters):
    """All parameters of a run, as `conf/base/parameters` and `--params` give them.

    Attributes:
        dataset: Names the place of everything that comes of one data set.
        images: A folder, a glob, an S3 URI or a table; null is the embedded sample.
        model: Folder of an exported classifier (pipeline `prediction`).
    """

    dataset: Annotated[str, Field(pattern=r"^[\w][\w.-]*$")]
    images: str | None
    ingestion: IngestionParameters
    splitting: SplittingParameters
    featurization: FeaturizationParameters
    modelling: ModellingParameters
    model: str | None = None
    reporting: ReportingParameters
    spark: SparkParameters
    s3: S3Parameters = Field(default_factory=S3Parameters)
