"""Errors of S3 in one sentence that a user can act on.

Two libraries speak with S3, and a third party reports it as text: boto3 has classes of errors,
obstore and Spark's connector write S3's own code into the text of theirs.
"""

import re
from collections.abc import Iterable

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    EndpointProviderError,
    HTTPClientError,
    InvalidRegionError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
    ProfileNotFound,
    SSLError,
    SSOError,
    TokenRetrievalError,
)
from botocore.exceptions import ConnectionError as NoConnectionError
from obstore.exceptions import PermissionDeniedError, UnauthenticatedError

from pixelmill.errors import InputError, UnreadableImageError

_NO_CREDENTIALS = (
    "{place}: no AWS credentials found; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, "
    "or AWS_PROFILE."
)
_NO_ANSWER = "{place}: the S3 endpoint does not answer; check the network and AWS_ENDPOINT_URL."
_EXPIRED = "{place}: the AWS credentials have expired; log in again."
_OTHER_REGION = "{place}: the bucket is in another region; set AWS_REGION to that of the bucket."
# With any of these no object is readable, now or in a minute.
_ENDINGS = {
    "NoSuchBucket": "{place}: there is no such bucket; check the name and the endpoint.",
    "InvalidAccessKeyId": "{place}: AWS does not know the access key; check the credentials.",
    "SignatureDoesNotMatch": "{place}: the secret key does not fit; check the AWS credentials.",
    "InvalidToken": "{place}: AWS does not know the session token; log in again.",
    "RequestTimeTooSkewed": "{place}: the clock of this machine is wrong; set it.",
    "ExpiredToken": _EXPIRED,
    "ExpiredTokenException": _EXPIRED,
    "RequestExpired": _EXPIRED,
    # The answers to HEAD have no text that would say more.
    "400": "{place}: S3 refuses the AWS credentials; they may have expired; log in again.",
    "301": _OTHER_REGION,
    "TokenRefreshRequired": _EXPIRED,
    "PermanentRedirect": _OTHER_REGION,
    "AuthorizationHeaderMalformed": _OTHER_REGION,
    "AllAccessDisabled": "{place}: all access to the bucket is disabled; ask AWS's support.",
}
_MISSING = {"NoSuchKey", "NotFound", "404"}
_DENIED = {"AccessDenied", "Forbidden", "403"}
_ARCHIVED = "InvalidObjectState"
_SENTENCES = (
    _ENDINGS
    | dict.fromkeys(_MISSING, "{place}: there is no such object.")
    | dict.fromkeys(_DENIED, "{place}: access denied; these AWS credentials need {rights}.")
    | {
        _ARCHIVED: "{place}: the object is archived; restore it from S3 Glacier first.",
        "PreconditionFailed": "{place}: the object was replaced while it was read; run again.",
    }
)
_RIGHTS = {"PutObject": "s3:PutObject", "DeleteObject": "s3:DeleteObject"}  # by operation
_BROKEN_ERRORS = (NoConnectionError, HTTPClientError)
_TRIED = "{place}: S3 answers {code} to every try; run the same command again later."
_OVERLOADED = {"SlowDown", "RequestTimeout", "Throttling"}
_BY_CLASS: tuple[tuple[tuple[type[Exception], ...], str], ...] = (
    ((NoCredentialsError, PartialCredentialsError), _NO_CREDENTIALS),
    ((EndpointConnectionError, ConnectTimeoutError), _NO_ANSWER),
    (
        (SSLError,),
        "{place}: no safe connection to S3 ({error}); check AWS_ENDPOINT_URL and AWS_CA_BUNDLE.",
    ),
    ((EndpointProviderError, InvalidRegionError), "{place} cannot be used: {error}"),
    ((ParamValidationError,), "{place}: S3 has no bucket of such a name; check it."),
    (
        (
            CredentialRetrievalError, ProfileNotFound, SSOError, TokenRetrievalError,
            UnauthenticatedError,
        ),
        "{place}: AWS credentials are unavailable: {error}",
    ),
)  # fmt: skip
_CODE_OF_OBSTORE = re.compile(r"<Code>(\w+)</Code>")
_KIND_OF_OBSTORE = re.compile(r"kind: (Connect|Timeout|Interrupted)\b")
_KINDS = {"Timeout": "no answer in time", "Interrupted": "the connection broke"}
# Of Hadoop's connector; a disk denies access too.
_SPARKS_SENTENCES = {
    **{code: sentence for code, sentence in _ENDINGS.items() if code.isalpha()},
    "UnknownStoreException": _ENDINGS["NoSuchBucket"],
    "AccessDeniedException: s3": _SENTENCES["AccessDenied"].replace(
        "{rights}", "s3:GetObject, s3:ListBucket and, to write, s3:PutObject and s3:DeleteObject"
    ),
    "AWSServiceThrottledException": _TRIED.replace("{code}", "503"),
    "AWSStatus500Exception": _TRIED.replace("{code}", "500"),
}
_CODE_OF_SPARK = re.compile(rf"\b({'|'.join(_SPARKS_SENTENCES)})")
# As a URI, or as Kedro's datasets write it: PurePosixPath('bucket/…'), protocol='s3'.
_BUCKET = re.compile(
    r"s3[an]?://(?P<bucket>[\w.-]+)|PurePosixPath\('(?P<path>[\w.-]+)/.*protocol='s3[an]?'"
)


def is_missing(error: Exception) -> bool:
    """Return whether the object (not the bucket) does not exist."""
    return _code(error) in _MISSING


def input_error(error: Exception, place: str) -> InputError:
    """Return the error of a listing, a table, or anything else without which nothing can be done.

    Args:
        error: What boto3 or obstore raised.
        place: URI of what was asked for.
    """
    sentence = _ending(error) or _SENTENCES.get(_code(error)) or _passing(error)
    return InputError(_written(sentence or "{place} cannot be used: {error}", place, error))


def read_error(error: Exception, root: str) -> InputError | UnreadableImageError:
    """Return the error of one image or, as for expired credentials, of all of them.

    Args:
        error: What boto3 or obstore raised.
        root: URI of the bucket and the prefix.
    """
    if _ending(error) is not None:
        return input_error(error, root)
    code = _code(error)
    if code in _MISSING or isinstance(error, FileNotFoundError):
        return UnreadableImageError("vanished: there is no object of this key")
    if code == _ARCHIVED:
        return UnreadableImageError("archived: restore it from S3 Glacier")
    if code in _DENIED or (not code and isinstance(error, PermissionDeniedError)):
        return UnreadableImageError("permission denied")
    return UnreadableImageError(f"read failed: {_reason(error, code)}")


def explained(problems: Iterable[BaseException], storage: str) -> str | None:
    """Return the sentence about S3 in a chain of errors of boto3, fsspec or Spark; None without
    one.

    Args:
        problems: An error and its causes.
        storage: What the sentence is about where no error of the chain names a bucket.
    """
    place = None
    for problem in problems:
        place = place or _BUCKET.search(" ".join(str(problem).split()))
        sentence = _ending(problem) or _sentence_in(str(problem)) or _of_a_refusal(problem)
        if sentence is not None:
            named = f"s3://{place['bucket'] or place['path']}" if place else storage
            return _written(sentence, named, problem)
    return None


def _written(sentence: str, place: str, error: BaseException) -> str:
    asked = error.operation_name if isinstance(error, ClientError) else ""
    rights = _RIGHTS.get(asked, "s3:ListBucket and s3:GetObject")
    return sentence.format(place=place, error=_first_line(error), rights=rights, code=_code(error))


def _of_a_refusal(error: BaseException) -> str | None:
    """Return the sentence of an object that is there, but may not or cannot be used now."""
    if isinstance(error, ClientError) and _code(error) in _DENIED:
        return _SENTENCES[_code(error)]
    return _passing(error)


def _passing(error: BaseException) -> str | None:
    """Return the sentence of what repeated requests met, and later ones need not meet."""
    if isinstance(error, _BROKEN_ERRORS):
        return "{place}: the connection to S3 breaks ({error}); run the same command again."
    if not isinstance(error, ClientError):
        return None
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if status < 500 and _code(error) not in _OVERLOADED:
        return None
    return _TRIED


def _ending(error: BaseException) -> str | None:
    """Return the sentence of what ends all reading; None for what concerns one object."""
    if _kind(error) == "Connect":
        return _NO_ANSWER
    of_class = (sentence for classes, sentence in _BY_CLASS if isinstance(error, classes))
    return next(of_class, None) or _ENDINGS.get(_code(error))


def _code(error: BaseException) -> str:
    """Return S3's own code, such as 'NoSuchKey'; '' without one."""
    if isinstance(error, ClientError):
        return str(error.response["Error"]["Code"])
    found = _CODE_OF_OBSTORE.search(str(error))
    return found.group(1) if found else ""


def _sentence_in(text: str) -> str | None:
    """Return the sentence of a code in what Spark or fsspec wrote."""
    found = _CODE_OF_SPARK.search(text) if "s3" in text.lower() else None
    return _SPARKS_SENTENCES[found[1]] if found else None


def _kind(error: BaseException) -> str:
    found = None if isinstance(error, BotoCoreError) else _KIND_OF_OBSTORE.search(str(error))
    return found.group(1) if found else ""


def _reason(error: Exception, code: str) -> str:
    return f"S3 answers {code}" if code else _KINDS.get(_kind(error), _first_line(error))


def _first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0]
