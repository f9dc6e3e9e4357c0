"""Clients of AWS."""

from botocore.credentials import CredentialResolver

from pixelmill.aws.clients import open_client


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
