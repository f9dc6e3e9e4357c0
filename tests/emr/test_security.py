"""What protects a cluster."""

import json

import pytest

from pixelmill.aws.clients import open_client
from pixelmill.emr.security import (
    certificates_place,
    ensure_security_configuration,
    security_content,
    security_name,
)
from pixelmill.errors import InputError
from tests.emr.jobs import STORAGE, job


def test_everything_is_encrypted_and_the_old_metadata_service_is_off():
    content = security_content(job("certificates=s3://photos/own.zip"))
    encryption = content["EncryptionConfiguration"]
    assert encryption["EnableInTransitEncryption"]
    assert encryption["EnableAtRestEncryption"]
    transit = encryption["InTransitEncryptionConfiguration"]["TLSCertificateConfiguration"]
    assert transit == {"CertificateProviderType": "PEM", "S3Object": "s3://photos/own.zip"}
    assert content["InstanceMetadataServiceConfiguration"] == {
        "MinimumInstanceMetadataServiceVersion": 2,
        "HttpPutResponseHopLimit": 1,
    }


def test_a_key_of_ones_own_encrypts_the_disks():
    key = "arn:aws:kms:us-east-1:123456789012:key/1"
    at_rest = security_content(job(f"kms_key={key}"))["EncryptionConfiguration"][
        "AtRestEncryptionConfiguration"
    ]
    assert at_rest["LocalDiskEncryptionConfiguration"] == {
        "EncryptionKeyProviderType": "AwsKms",
        "AwsKmsKey": key,
        "EnableEbsEncryption": True,
    }


def test_launches_of_all_data_sets_share_certificates():
    assert certificates_place(job()) == certificates_place(job(dataset="digits"))
    assert certificates_place(job()).startswith(f"{STORAGE}/_emr/certificates/us-east-1-")
    assert certificates_place(job(region="eu-west-1")) != certificates_place(job())


def test_the_configuration_is_created_once(aws):
    emr, content = aws("emr"), security_content(job())
    ensure_security_configuration(emr, content)
    ensure_security_configuration(emr, content)
    found = emr.describe_security_configuration(Name=security_name(content))
    assert json.loads(found["SecurityConfiguration"]) == content


def test_without_credentials_the_refusal_is_one_sentence(aws, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    with pytest.raises(InputError, match=r"^the security configuration .* no AWS credentials .*"):
        ensure_security_configuration(open_client("emr", "us-east-1"), security_content(job()))
