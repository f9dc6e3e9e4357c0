"""What botocore otherwise works out for every client, and moto for every request and test."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, lru_cache
from unittest import mock

import botocore.hooks
import botocore.session
import moto.backends
import moto.core.responses
import moto.settings
from botocore.client import ClientCreator
from botocore.hooks import EVENT_ALIASES, EventAliaser
from botocore.loaders import JSONFileLoader, create_loader
from moto.core.base_backend import AccountSpecificBackend, BaseBackend
from werkzeug.serving import WSGIRequestHandler


@contextmanager
def read_once() -> Iterator[None]:
    """Has botocore read each model, and look at each event and its handlers, once in the block.

    A client registers more than a hundred handlers of events, and makes a method and its page of
    help of each operation, which takes longer than a request.
    """
    read = cache(JSONFileLoader().load_file)
    accepts = lru_cache(4096)(botocore.hooks.accepts_kwargs)
    with (
        mock.patch.object(botocore.session, "create_loader", cache(create_loader)),
        mock.patch.object(JSONFileLoader, "load_file", staticmethod(read)),
        mock.patch.object(EventAliaser, "__init__", _with_shared_names()),
        mock.patch.object(botocore.hooks, "accepts_kwargs", accepts),
        mock.patch.object(ClientCreator, "_create_methods", _with_shared_methods()),
    ):
        yield


def _with_shared_names():
    """Makes a constructor that has all aliasers keep the names that they found in one place."""
    names: dict[str, str] = {}
    start = EventAliaser.__init__

    def construct(aliaser, *arguments):
        start(aliaser, *arguments)
        if aliaser._event_aliases == EVENT_ALIASES:
            aliaser._alias_name_cache = names

    return construct


def _with_shared_methods():
    """Makes a function that has all clients of a service share the methods of its operations."""
    make, made = ClientCreator._create_methods, {}

    def create(creator, model):
        service = model.service_name, model.api_version
        if service not in made:
            made[service] = make(creator, model)
        return dict(made[service])  # a client adds its own

    return create


@contextmanager
def quick_moto() -> Iterator[None]:
    """Has moto drop its services in the block when it is emptied, and EC2 begin without images.

    It would make each of them again, with a thousand images and policies, and drop it then. For
    each request it would look at all folders of its own package, and all methods of a class, and
    have the project's logging lay out a line in a table.
    """
    services = tuple(moto.backends.list_of_moto_modules())
    methods = cache(moto.core.responses.method_names_from_class)
    regions = cache(AccountSpecificBackend._generate_regions.__wrapped__)

    def regions_of(_, service):
        return regions(AccountSpecificBackend, service)

    with (
        mock.patch.object(BaseBackend, "reset"),
        mock.patch.object(moto.backends, "list_of_moto_modules", return_value=services),
        mock.patch.object(moto.core.responses, "method_names_from_class", methods),
        mock.patch.object(moto.settings, "ec2_load_default_amis", return_value=False),
        mock.patch.object(AccountSpecificBackend, "_generate_regions", regions_of),
        mock.patch.object(WSGIRequestHandler, "log_request", _log_nothing),
    ):
        yield


def _log_nothing(*_) -> None:
    """Stands for the log of requests."""
