"""Parameters of the Spark session and of S3."""

from typing import Annotated

from pydantic import Field

from pixelmill.parameters._base import Parameters, matching

Memory = Annotated[str, matching(r"[1-9]\d*[kmgKMG]", "a whole number with k, m or g, such as 2g")]
Endpoint = Annotated[str, matching(r"https?://[^/]+/?", "http://HOST:PORT or https://HOST")]


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
    driver_memory: Memory = "2g"
    properties: dict[str, str | int | float | bool] = Field(default_factory=dict)
    s3a_jars: str | None = None


class S3Parameters(Parameters):
    """Where S3 is.

    Attributes:
        endpoint: URL of a store that speaks S3's protocol, as MinIO; null is AWS, or what
            AWS_ENDPOINT_URL says.
    """

    endpoint: Endpoint | None = None
