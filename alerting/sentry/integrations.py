"""Which of the SDK's integrations are switched on: those whose library is installed, imported no earlier than that."""

from collections.abc import Collection, Iterator
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from sentry_sdk.integrations import Integration

from alerting.sentry.monitors import correct_monitors

# Logging, threads and http.client are the SDK's own defaults.
_NAMED_BY_URL = {"transaction_style": "url", "middleware_spans": True, "signals_spans": True}


def choose(decided: Collection[Any], failed_request_status_codes: Collection[int]) -> Iterator[Integration]:
    """The known integrations, but for those that the caller `decided` about: by configuring or by disabling them."""
    # The SDK heeds what is disabled only where it sets an integration up for the first time in a process.
    identifiers = {getattr(one, "identifier", None) for one in decided}
    answers = {"failed_request_status_codes": failed_request_status_codes}
    for library, module, name, arguments in (
        ("django", "sentry_sdk.integrations.django", "DjangoIntegration", _NAMED_BY_URL),
        ("django", "alerting.sentry.responses", "HttpStatusIntegration", answers),
        ("celery", "sentry_sdk.integrations.celery", "CeleryIntegration", {}),
        ("redis", "sentry_sdk.integrations.redis", "RedisIntegration", {}),
        ("httpx", "sentry_sdk.integrations.httpx", "HttpxIntegration", {}),
        ("sqlalchemy", "sentry_sdk.integrations.sqlalchemy", "SqlalchemyIntegration", {}),
    ):
        # A library that is installed but broken, too old for the SDK, or hidden must not stop the application.
        with suppress(Exception):
            if find_spec(library) is not None:
                integration = getattr(import_module(module), name)
                if integration.identifier not in identifiers:
                    given = {"monitor_beat_tasks": correct_monitors()} if library == "celery" else arguments
                    yield integration(**given)
