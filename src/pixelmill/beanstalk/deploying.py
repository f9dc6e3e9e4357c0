"""Deployment of the service on Elastic Beanstalk, or of a new version."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from pixelmill.aws.clients import account_id, explained, open_client, region_of
from pixelmill.aws.digests import digest_of
from pixelmill.beanstalk.account import check_account, ensure_storage, newest_stack
from pixelmill.beanstalk.bundle import make_bundle
from pixelmill.beanstalk.environment import WaitPolicy, find_environment, wait_until_ready
from pixelmill.beanstalk.options import Option, environment_options
from pixelmill.beanstalk.policies import instance_policy
from pixelmill.beanstalk.record import (
    TAG,
    Deployment,
    deployment_folder,
    find_deployment,
    now,
    save_deployment,
)
from pixelmill.beanstalk.roles import ensure_roles, find_roles, is_not_shown_yet
from pixelmill.beanstalk.settings import KEY_VARIABLE, ServiceSettings, check_key
from pixelmill.beanstalk.uploads import (
    Folder,
    check_exists,
    find_index,
    find_model,
    upload_bundle,
    upload_folder,
)
from pixelmill.errors import InputError
from pixelmill.storage.locations import split_s3

Printer = Callable[[str], None]
LABEL = 16  # digits of the bundle's digest that name a version


@dataclass(frozen=True)
class Order:
    """What is to be deployed.

    Attributes:
        settings: Service settings, including the model.
        project: Root of the project, which the image is built from.
        key: API key; None where a secret holds it, or none is asked for.
        without_key: Whether a service that asked for a key may stop asking.
        wait_policy: How often and how long to ask AWS.
    """

    settings: ServiceSettings
    project: Path
    key: str | None
    without_key: bool
    wait_policy: WaitPolicy


def deploy(order: Order, echo: Printer) -> Deployment:
    """Make what is missing, and wait until the service answers.

    Args:
        order: Order of the deployment.
        echo: Callback that prints a line for the user.

    Returns:
        The record of the deployment.

    Raises:
        InputError: Something is wrong with account, settings or project, or AWS refuses something;
            what was made by then is found by `stop`, and used by the next `deploy`.
    """
    prepared = _prepare(order, echo)
    save_deployment(prepared.deployment)
    try:
        return _Steps(order, prepared, echo).run()
    except InputError as problem:
        raise InputError(
            f"{str(problem).rstrip('.')}; another deploy goes on from there, kedro beanstalk stop "
            "removes what was made"
        ) from problem


@dataclass(frozen=True)
class _Prepared:
    """What is known before anything is made."""

    deployment: Deployment
    stack: str
    bundle: bytes
    model: Folder
    index: Folder | None

    @property
    def places(self) -> list[str]:
        """S3 URIs of the folders that the service reads."""
        return [folder.uri for folder in (self.model, self.index) if folder is not None]


def _prepare(order: Order, echo: Printer) -> _Prepared:
    """Look at all that may be wrong; nothing is made but the bucket of Elastic Beanstalk."""
    settings = order.settings
    if settings.model is None:
        raise InputError(
            "no model is named: give --model FOLDER, an exported classifier on disk or on S3"
        )
    check_key(order.key)
    region = region_of(settings)
    account = account_id(region)
    folder = deployment_folder(settings.bucket_and_prefix, settings.name, region, account)
    model = find_model(settings.model, folder)
    index = None if settings.index is None else find_index(settings.index, folder)
    bundle = make_bundle(order.project)
    check_account(settings, region, echo)
    beanstalk, s3 = open_client("elasticbeanstalk", region), open_client("s3", region)
    stack = newest_stack(beanstalk, region)
    ensure_storage(beanstalk, settings, region)
    check_exists(s3, model, "manifest.json", "exported classifier")
    if index is not None:
        check_exists(s3, index, "", "index")
    before = find_deployment(folder, region)
    if before is None:
        _refuse_names_of_others(beanstalk, settings.name, region)
    _refuse_to_drop_the_key(order, before)
    known = {"region": region, "account": account, "folder": folder}
    version = digest_of(bundle)[:LABEL]
    deployment = _deployment(order, before, **known, version=version, model=model.uri)
    return _Prepared(deployment, stack, bundle, model, index)


def _deployment(order: Order, before: Deployment | None, **known: str) -> Deployment:
    settings = order.settings
    return Deployment(
        **known,
        name=settings.name,
        started=before.started if before else now(),
        changed=now(),
        read=before.read if before else [],
        options=before.options if before else [],
        has_key=order.key is not None or settings.api_key is not None,
        settings=settings.model_dump(mode="json"),
    )


class _Steps:
    """The steps after the record is written."""

    def __init__(self, order: Order, prepared: _Prepared, echo: Printer) -> None:
        self._order = order
        self._settings = order.settings
        self._prepared = prepared
        self._deployment = prepared.deployment
        self._echo = echo
        self._beanstalk = open_client("elasticbeanstalk", prepared.deployment.region)
        self._tags = {**order.settings.tags, TAG: prepared.deployment.name}

    def run(self) -> Deployment:
        source = self._upload()
        read = sorted({*self._deployment.read, *self._prepared.places})
        self._deployment = deployment = self._deployment.model_copy(update={"read": read})
        policy = instance_policy(deployment, read, self._settings.api_key)
        iam = open_client("iam", deployment.region)
        ensure_roles(iam, deployment.names, policy, self._aws_tags)
        self._ensure_application()
        self._ensure_version(source)
        index = self._prepared.index
        options = environment_options(
            self._settings, deployment, index.uri if index else None, self._order.key
        )
        own = [(option.namespace, option.name) for option in options]
        # All that may be set: an answer may be lost.
        save_deployment(
            deployment.model_copy(update={"options": sorted({*deployment.options, *own})})
        )
        asked = self._create_or_update(options)
        done = deployment.model_copy(update={"options": own})
        save_deployment(done)
        wait_until_ready(done, asked, self._echo, self._order.wait_policy)
        ended = {"is_complete": True, "read": self._prepared.places}
        done = done.model_copy(update=ended)
        save_deployment(done)
        return done

    def _upload(self) -> str:
        """Upload model, index and bundle, and return the place of the bundle."""
        s3, tags = open_client("s3", self._deployment.region), urlencode(self._tags)
        for folder in (self._prepared.model, self._prepared.index):
            if folder is not None:
                upload_folder(s3, folder, tags, self._echo)
        return upload_bundle(s3, self._prepared.bundle, self._deployment.folder, tags)

    @property
    def _aws_tags(self) -> list[dict[str, str]]:
        return [{"Key": name, "Value": value} for name, value in self._tags.items()]

    def _ensure_application(self) -> None:
        name = self._deployment.name
        with explained(f"the application {name} cannot be made"):
            found = self._beanstalk.describe_applications(ApplicationNames=[name])
            if not found.get("Applications"):
                self._beanstalk.create_application(
                    ApplicationName=name,
                    Description="An exported classifier of pixelmill over HTTP",
                    Tags=self._aws_tags,
                )

    def _ensure_version(self, source: str) -> None:
        name, label = self._deployment.name, self._deployment.version
        bucket, key = split_s3(source)
        with explained(f"the version {label} cannot be made"):
            found = self._beanstalk.describe_application_versions(
                ApplicationName=name, VersionLabels=[label]
            )
            if not found.get("ApplicationVersions"):
                self._beanstalk.create_application_version(
                    ApplicationName=name,
                    VersionLabel=label,
                    SourceBundle={"S3Bucket": bucket, "S3Key": key},
                    Tags=self._aws_tags,
                )

    def _create_or_update(self, options: list[Option]) -> str:
        """Request the environment, and return the id of the request, which its events have."""
        name = self._deployment.name
        request: dict[str, Any] = {
            "EnvironmentName": name,
            "VersionLabel": self._deployment.version,
            "OptionSettings": [option.setting() for option in options],
        }
        found = find_environment(self._beanstalk, name)
        if found is None or found.get("SolutionStackName") != self._prepared.stack:
            request["SolutionStackName"] = self._prepared.stack
        if found is None:
            self._echo(f"making the environment {name}: some ten minutes")
            return self._create({"ApplicationName": name, "Tags": self._aws_tags, **request})
        if found["Status"] != "Ready":
            raise InputError(
                f"the environment {name} is {found['Status'].lower()}: wait until it is ready "
                "(kedro beanstalk status)"
            )
        if gone := self._gone(options):
            request["OptionsToRemove"] = gone
        self._echo(f"updating the environment {name} to version {self._deployment.version}")
        with explained(f"the environment {name} cannot be updated"):
            return _request_id(self._beanstalk.update_environment(**request))

    def _create(self, request: dict[str, Any]) -> str:
        """Create the environment, once Elastic Beanstalk sees the roles that were just made."""
        pause = self._order.wait_policy.start()
        with explained(f"the environment {self._deployment.name} cannot be made"):
            while True:
                try:
                    return _request_id(self._beanstalk.create_environment(**request))
                except self._beanstalk.exceptions.ClientError as error:
                    unseen = is_not_shown_yet(error, self._deployment.names)
                    if not unseen or not pause.go_on(self._order.wait_policy.roles):
                        raise

    def _gone(self, options: list[Option]) -> list[dict[str, str]]:
        """Return the options that an earlier deployment set and this one does not."""
        stay = {(option.namespace, option.name) for option in options}
        return [
            {"Namespace": namespace, "OptionName": name}
            for namespace, name in self._deployment.options
            if (namespace, name) not in stay
        ]


def _request_id(answer: dict[str, Any]) -> str:
    return str(answer["ResponseMetadata"].get("RequestId", ""))


def _refuse_names_of_others(beanstalk: Any, name: str, region: str) -> None:
    """Refuse resources without a record, which are neither changed nor removed."""
    from pixelmill.beanstalk.record import Names

    with explained("the applications of the account cannot be listed"):
        taken = beanstalk.describe_applications(ApplicationNames=[name]).get("Applications")
    environment = find_environment(beanstalk, name)
    others = [f"application {name}"] if taken else []
    others += [f"environment {name}"] if environment else []
    others += [
        f"role {role}" for role in find_roles(open_client("iam", region), Names(name, region))
    ]
    if others:
        raise InputError(
            f"there is already {' and '.join(others)}, which no record in this storage mentions: "
            "give another --set name=…, or the storage that it was deployed with"
        )


def _refuse_to_drop_the_key(order: Order, before: Deployment | None) -> None:
    has_key = order.key is not None or order.settings.api_key is not None
    if before is not None and before.has_key and not has_key and not order.without_key:
        raise InputError(
            f"the service {before.name} asks for an API key, and none is given now: export "
            f"{KEY_VARIABLE}, name a secret in api_key, or give --no-api-key to open it to all"
        )
