"""Hadoop's S3 connector, for any Spark except EMR's."""

from __future__ import annotations

import os
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from pixelmill.errors import InputError

if TYPE_CHECKING:
    from pixelmill.parameters import SparkParameters

UNFETCHED = (
    "Spark cannot fetch its connector to S3 from Maven: let this machine reach a Maven repository, "
    "or set PIXELMILL_S3A_JARS to a folder with the connector's jars (docs/emr.md says which)"
)
ROLES = ("iam-role", "container-role")  # of a machine, which the connector asks for by itself
CONNECTOR = "org.apache.hadoop.fs.s3a.S3AFileSystem"
PROVIDERS = (
    "com.amazonaws.auth.EnvironmentVariableCredentialsProvider",
    "org.apache.hadoop.fs.s3a.auth.IAMInstanceCredentialsProvider",
)
# Hadoop 3.4 writes its defaults with a unit that the connector of 3.3 cannot read. A stalled
# answer is given up after half a minute and asked for again.
DURATIONS = {
    "threads.keepalivetime": "60",
    "connection.establish.timeout": "30000",
    "connection.timeout": "30000",
    "connection.idle.time": "60000",
    "connection.ttl": "300000",
    "connection.acquisition.timeout": "60000",
    "multipart.purge.age": "86400",
    "assumed.role.session.duration": "1800",
}


def properties(parameters: SparkParameters) -> dict[str, str]:
    """Return what a session needs to read and write `s3://`.

    Args:
        parameters: Parameters; uses `s3a_jars`.

    Raises:
        InputError: If that folder holds no connector.
    """
    return {
        "spark.hadoop.fs.s3.impl": CONNECTOR,
        "spark.hadoop.fs.s3a.impl": CONNECTOR,
        "spark.hadoop.fs.s3a.aws.credentials.provider": ",".join(PROVIDERS),
        # Files are renamed by the tasks, all at once, and not one after another by the driver: a
        # chunk counts from its mark, and any other table from its _SUCCESS, which come last.
        "spark.hadoop.mapreduce.fileoutputcommitter.algorithm.version": "2",
        **{f"spark.hadoop.fs.s3a.{name}": value for name, value in DURATIONS.items()},
        **_jars(parameters.s3a_jars),
        **_endpoint(),
    }


def export_credentials() -> None:
    """Put the credentials of an AWS profile where the JVM finds them too.

    Raises:
        InputError: If there are no credentials.
    """
    import boto3
    from botocore.exceptions import BotoCoreError

    if "AWS_ACCESS_KEY_ID" in os.environ:
        return
    try:
        found = boto3.Session().get_credentials()
        keys = None if found is None else found.get_frozen_credentials()
    except BotoCoreError as problem:
        raise InputError(f"no AWS credentials: {problem}") from problem
    if found is None or keys is None:
        raise InputError(
            "no AWS credentials found for the storage on S3: set AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
        )
    if found.method not in ROLES:
        os.environ["AWS_ACCESS_KEY_ID"] = keys.access_key
        os.environ["AWS_SECRET_ACCESS_KEY"] = keys.secret_key
        if keys.token:
            os.environ["AWS_SESSION_TOKEN"] = keys.token


def package() -> str:
    """Return the Maven coordinates of the connector for the Hadoop that this PySpark brings."""
    jars = resources.files("pyspark") / "jars"
    start, end = "hadoop-client-api-", ".jar"
    names = (jar.name for jar in jars.iterdir())
    [version] = [name[len(start) : -len(end)] for name in names if name.startswith(start)]
    return f"org.apache.hadoop:hadoop-aws:{version}"


@cache
def _client_of_s3() -> tuple[str | None, str]:
    """Return endpoint and region as boto3 finds them; None for the region's own endpoint."""
    import boto3
    from botocore.config import Config

    from pixelmill.storage.aws_sessions import usual_region

    session, region = boto3.Session(), usual_region() or "us-east-1"
    usual = Config(ignore_configured_endpoint_urls=True)
    found, own = session.client("s3", region), session.client("s3", region, config=usual)
    endpoint = found.meta.endpoint_url
    return endpoint if endpoint != own.meta.endpoint_url else None, found.meta.region_name


def _endpoint() -> dict[str, str]:
    endpoint, region = _client_of_s3()
    found = {
        "spark.hadoop.fs.s3a.endpoint.region": region,
        "spark.executorEnv.AWS_DEFAULT_REGION": region,
    }
    if endpoint is None:
        return found
    return found | {
        "spark.hadoop.fs.s3a.endpoint": endpoint,
        "spark.hadoop.fs.s3a.path.style.access": "true",
        "spark.hadoop.fs.s3a.connection.ssl.enabled": str(endpoint.startswith("https")).lower(),
        "spark.executorEnv.AWS_ENDPOINT_URL_S3": endpoint,
    }


def _jars(folder: str | None) -> dict[str, str]:
    if folder is None:
        return {"spark.jars.packages": package()}
    jars = sorted(Path(folder).glob("*.jar"))
    if not any(jar.name.startswith("hadoop-aws-") for jar in jars):
        raise InputError(
            f"spark.s3a_jars is {folder}, which holds no hadoop-aws-*.jar: name the folder of "
            "Hadoop's connector to S3, or null to have Spark fetch it"
        )
    return {"spark.jars": ",".join(str(jar.resolve()) for jar in jars)}
