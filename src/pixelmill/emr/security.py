"""Security of a cluster: encryption at rest and in transit, and IMDSv2 only.

The keys of this JSON are those of EMR's guide, "Create a security configuration". Without a key of
their own, disks are encrypted by EC2's encryption by default: EMR's local disk encryption takes a
customer's key only, and where it is not asked for, EC2's setting holds for all of its volumes.
"""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from pixelmill.aws.clients import explained
from pixelmill.emr.job import Job


def certificates_place(job: Job) -> str:
    """Return the S3 URI of the zip with the certificates, per settings or region and year."""
    own = f"{job.storage}/_emr/certificates/{job.region}-{datetime.now(UTC).year}.zip"
    return job.settings.certificates or own


def security_content(job: Job) -> dict[str, Any]:
    """Return the security configuration of a launch."""
    at_rest: dict[str, Any] = {"S3EncryptionConfiguration": {"EncryptionMode": "SSE-S3"}}
    if job.settings.kms_key is not None:
        at_rest["LocalDiskEncryptionConfiguration"] = {
            "EncryptionKeyProviderType": "AwsKms",
            "AwsKmsKey": job.settings.kms_key,
            "EnableEbsEncryption": True,
        }
    certificate = {"CertificateProviderType": "PEM", "S3Object": certificates_place(job)}
    return {
        "EncryptionConfiguration": {
            "EnableInTransitEncryption": True,
            "EnableAtRestEncryption": True,
            "InTransitEncryptionConfiguration": {"TLSCertificateConfiguration": certificate},
            "AtRestEncryptionConfiguration": at_rest,
        },
        "InstanceMetadataServiceConfiguration": {
            "MinimumInstanceMetadataServiceVersion": 2,
            "HttpPutResponseHopLimit": 1,
        },
    }


def security_name(content: dict[str, Any]) -> str:
    """Return the name of a security configuration: the same content, the same name."""
    canonical = json.dumps(content, sort_keys=True)
    return f"pixelmill-{hashlib.sha256(canonical.encode()).hexdigest()[:16]}"


def ensure_security_configuration(emr: Any, content: dict[str, Any]) -> None:
    """Create the security configuration where no earlier launch did.

    Args:
        emr: Client of EMR.
        content: Content of the security configuration; its name is derived from it.

    Raises:
        InputError: If it may not be created.
    """
    name = security_name(content)
    with explained("the security configuration cannot be created"):
        try:
            emr.create_security_configuration(Name=name, SecurityConfiguration=json.dumps(content))
        except emr.exceptions.InvalidRequestException:
            if not _exists(emr, name):
                raise


def _exists(emr: Any, name: str) -> bool:
    try:
        emr.describe_security_configuration(Name=name)
    except emr.exceptions.InvalidRequestException:
        return False
    return True
