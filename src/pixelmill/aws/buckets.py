"""Checks of a bucket before anything is written to it."""

from pixelmill.aws.clients import error_code, explained, has_wrong_clock, open_client
from pixelmill.errors import InputError

DENIED = {"403", "AccessDenied", "Forbidden"}
MISSING = {"404", "NoSuchBucket", "NotFound"}
MOVED = {301, 400}  # HTTP status of a bucket in another region


def check_bucket(bucket: str, region: str, machines: str) -> None:
    """Refuse a bucket that is not there, of somebody else, or in another region.

    Args:
        bucket: Bucket name.
        region: AWS region of the machines that read it.
        machines: Name of the machines that use it, such as "the cluster".

    Raises:
        InputError: The bucket is missing or forbidden, or there are no credentials.
    """
    code, there = _ask(bucket, region)
    _explain_bucket(bucket, code)
    if there != region:
        raise InputError(
            f"the bucket '{bucket}' is in {there} and {machines} would be in {region}, which "
            f"costs time and transfer fees: give --set region={there}"
        )


def find_region(bucket: str, region: str) -> str:
    """Return the region of a bucket, which these credentials need not be allowed to read.

    Args:
        bucket: Bucket name.
        region: AWS region to ask in.

    Raises:
        InputError: There is no such bucket, or there are no credentials.
    """
    code, there = _ask(bucket, region)
    if code in MISSING:
        raise InputError(f"there is no bucket '{bucket}': check the name")
    return there


def _ask(bucket: str, region: str) -> tuple[str, str]:
    """Return the code of S3's refusal, '' without one, and the bucket's region."""
    s3, code = open_client("s3", region), ""
    with explained(f"the bucket '{bucket}' cannot be used"):
        try:
            answer = s3.head_bucket(Bucket=bucket)
        except s3.exceptions.ClientError as error:
            answer, code = error.response, error_code(error)
            is_of_the_bucket = code in DENIED | MISSING and not has_wrong_clock(error)
            if not is_of_the_bucket and answer["ResponseMetadata"]["HTTPStatusCode"] not in MOVED:
                raise
    headers = answer["ResponseMetadata"]["HTTPHeaders"]
    return code, headers.get("x-amz-bucket-region", region)


def _explain_bucket(bucket: str, code: str) -> None:
    if code in DENIED:
        raise InputError(
            f"the bucket '{bucket}' refuses these AWS credentials: it is somebody else's, or they "
            "lack s3:ListBucket; check the name in PIXELMILL_STORAGE and AWS_PROFILE"
        )
    if code in MISSING:
        raise InputError(
            f"there is no bucket '{bucket}': create it (aws s3 mb s3://{bucket}), or correct "
            "PIXELMILL_STORAGE"
        )
