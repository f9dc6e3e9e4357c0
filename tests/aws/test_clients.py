"""Clients of AWS."""

import pytest
from botocore.credentials import CredentialResolver

from pixelmill.aws.clients import open_client, region_of
from pixelmill.errors import InputError
from tests.emr.planning.runs import settings_of


def test_clients_of_several_services_look_for_credentials_once(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "of the clients of this test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    looks = []
    look = CredentialResolver.load_credentials
    monkeypatch.setattr(
        CredentialResolver, "load_credentials", lambda self: looks.append(self) or look(self)
    )
    clients = [open_client(service, "eu-west-1") for service in ("emr", "ec2", "emr")]
    assert len(looks) == 1
    assert clients[0] is clients[2]


def test_a_profile_that_does_not_exist_is_one_sentence(s3, monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "typo")
    with pytest.raises(
        InputError, match=r"^AWS's configuration cannot be used: The config profile"
    ):
        region_of(settings_of())
    with pytest.raises(InputError, match=r"^AWS cannot be asked \(emr in eu-west-1\): no AWS cred"):
        open_client("emr", region_of(settings_of("region=eu-west-1")))


def test_an_impossible_region_is_one_sentence(s3):
    with pytest.raises(InputError, match=r"^AWS cannot be asked \(emr in eu west\): .*'eu west'"):
        open_client("emr", "eu west")
