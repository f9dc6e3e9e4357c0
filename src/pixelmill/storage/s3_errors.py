"""What S3 says, in one sentence that a user can act on."""

from typing import TypeAlias

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
)

from pixelmill.errors import InputError, UnreadableImageError

S3Error: TypeAlias = BotoCoreError | ClientError

_MISSING = {"NoSuchKey", "NotFound", "404"}
_DENIED = {"AccessDenied", "Forbidden", "403", "AllAccessDisabled"}
_SENTENCES = {
    "NoSuchBucket": "{place}: there is no such bucket; check the name and the endpoint.",
    "InvalidAccessKeyId": "{place}: AWS does not know the access key; check the credentials.",
    "SignatureDoesNotMatch": "{place}: the secret key does not fit; check the AWS credentials.",
    "ExpiredToken": "{place}: the AWS credentials have expired; log in again.",
    "ExpiredTokenException": "{place}: the AWS credentials have expired; log in again.",
}
_SENTENCES |= dict.fromkeys(_MISSING, "{place}: there is no such object.")
_SENTENCES |= dict.fromkeys(
    _DENIED, "{place}: access denied; these AWS credentials need s3:ListBucket and s3:GetObject."
)


def is_missing(error: S3Error) -> bool:
    """Whether the object (not the bucket) does not exist."""
    return _code(error) in _MISSING


def input_error(error: S3Error, place: str) -> InputError:
    """The error of a listing, a table, or anything else without which nothing can be done.

    Args:
        error: What boto3 raised.
        place: URI of what was asked for.
    """
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return InputError(
            f"{place}: no AWS credentials found; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, "
            "or AWS_PROFILE."
        )
    if isinstance(error, EndpointConnectionError):
        return InputError(f"{place}: the S3 endpoint does not answer; check AWS_ENDPOINT_URL.")
    sentence = _SENTENCES.get(_code(error), "{place} cannot be used: {error}")
    return InputError(sentence.format(place=place, error=_first_line(error)))


def unreadable(error: S3Error) -> UnreadableImageError:
    """The error of one image."""
    if is_missing(error):
        return UnreadableImageError("vanished: there is no object of this key")
    if _code(error) in _DENIED:
        return UnreadableImageError("permission denied")
    return UnreadableImageError(f"read failed: {_first_line(error)}")


def _code(error: S3Error) -> str:
    return error.response["Error"]["Code"] if isinstance(error, ClientError) else ""


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
