"""Clients of AWS."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from io import BytesIO

import pytest
from botocore.awsrequest import AWSResponse
from botocore.credentials import CredentialResolver

from pixelmill.aws.buckets import check_bucket
from pixelmill.aws.clients import explained, open_client, prepared_clients, region_of
from pixelmill.errors import InputError
from pixelmill.storage import open_storage
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


EXPIRED = (
    '{"Version": 1, "AccessKeyId": "a", "SecretAccessKey": "b", "SessionToken": "c", '
    '"Expiration": "2020-01-01T00:00:00Z"}'
)


@pytest.mark.parametrize(
    ("profile", "sentence"),
    [
        ("credential_process = /no/such/program", "No such file"),
        (f"credential_process = echo '{EXPIRED}'", "still expired"),
        (
            "role_arn = arn:aws:iam::123456789012:role/r\nweb_identity_token_file = /no/such/file",
            "No such file",
        ),
        (
            (
                "sso_start_url = https://x.awsapps.com/start\nsso_region = eu-west-1\n"
                "sso_account_id = 123456789012\nsso_role_name = r"
            ),
            "Error loading SSO Token",
        ),
    ],
)
def test_credentials_that_cannot_be_found_are_one_sentence(
    s3, tmp_path, monkeypatch, caplog, profile, sentence
):
    (tmp_path / "config").write_text(f"[profile other]\n{profile}\n")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_PROFILE", "other")
    with pytest.raises(InputError, match=rf"no AWS credentials .*{sentence}.*: log in to AWS"):
        check_bucket("photos", "us-east-1", "the cluster")
    with pytest.raises(InputError, match=rf"AWS credentials are unavailable.*{sentence}"):
        open_storage("s3://photos/mill").find_files(["x"])
    assert [record for record in caplog.records if record.name.startswith("botocore")] == []


def test_an_impossible_region_is_one_sentence(s3):
    with pytest.raises(InputError, match=r"^AWS cannot be asked \(emr in eu west\): .*'eu west'"):
        open_client("emr", "eu west")


class Raw(BytesIO):
    """A body as urllib3 gives it."""

    def stream(self, **_):
        yield self.read()


def refusing(status, body, minutes):
    """Has every request refused by a service whose clock is some minutes behind."""
    date = format_datetime(datetime.now(UTC) - timedelta(minutes=minutes), usegmt=True)

    def refuse(request, **_):
        return AWSResponse(request.url, status, {"date": date}, Raw(body))

    return prepared_clients(
        lambda client: client.meta.events.register_first("before-send.*.*", refuse)
    )


def test_a_bucket_that_refuses_a_wrong_clock_is_not_called_somebody_elses(s3):
    with refusing(403, b"", 20), pytest.raises(InputError, match=r"'photos' .*the clock of this"):
        check_bucket("photos", "us-east-1", "the cluster")
    with refusing(403, b"", 1), pytest.raises(InputError, match="somebody else's"):
        check_bucket("photos", "us-east-1", "the cluster")


@pytest.mark.parametrize(
    ("minutes", "sentence"),
    [(20, "the clock of this machine differs"), (0, "Signature expired: 2026 is earlier")],
)
def test_a_signature_of_another_time_is_the_clock(s3, minutes, sentence):
    body = (
        b'{"__type": "InvalidSignatureException",'
        b' "message": "Signature expired: 2026 is earlier than 2027"}'
    )
    with (
        refusing(400, body, minutes),
        pytest.raises(InputError, match=f"^the clusters cannot be listed: {sentence}"),
        explained("the clusters cannot be listed"),
    ):
        open_client("emr", "us-east-1").list_clusters()
