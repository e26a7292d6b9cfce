"""Which of the SDK's integrations are switched on: those whose library is installed, imported no earlier than that."""

import inspect
from collections.abc import Collection, Iterator, Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from sentry_sdk.integrations import Integration

from alerting.sentry.monitors import correct_monitors

# Library, module and class of the SDK's integration, its arguments. Logging, threads and http.client are the SDK's
# own defaults.
_KNOWN: tuple[tuple[str, str, str, Mapping[str, Any]], ...] = (
    (
        "django",
        "sentry_sdk.integrations.django",
        "DjangoIntegration",
        {"transaction_style": "url", "middleware_spans": True, "signals_spans": True},
    ),
    ("django", "alerting.sentry.responses", "HttpStatusIntegration", {}),
    ("celery", "sentry_sdk.integrations.celery", "CeleryIntegration", {}),
    ("redis", "sentry_sdk.integrations.redis", "RedisIntegration", {}),
    ("httpx", "sentry_sdk.integrations.httpx", "HttpxIntegration", {}),
    ("sqlalchemy", "sentry_sdk.integrations.sqlalchemy", "SqlalchemyIntegration", {}),
)


def choose(
    given: Sequence[Integration], disabled: Sequence[Any], failed_request_status_codes: Collection[int]
) -> list[Integration]:
    """The caller's integrations and, beside them, the known ones that the caller neither configured nor disabled."""
    # The SDK heeds what is disabled only where it sets an integration up for the first time in a process.
    decided = {getattr(integration, "identifier", None) for integration in (*given, *disabled)}
    return [*given, *(ours for ours in _available(failed_request_status_codes) if ours.identifier not in decided)]


def _available(failed_request_status_codes: Collection[int]) -> Iterator[Integration]:
    for library, module, name, arguments in _KNOWN:
        # A library that is installed but broken, too old for the SDK, or hidden must not stop the application.
        try:
            if find_spec(library) is None:
                continue
            integration = getattr(import_module(module), name)
            if "failed_request_status_codes" in inspect.signature(integration).parameters:
                arguments = {**arguments, "failed_request_status_codes": frozenset(failed_request_status_codes)}
            if library == "celery":
                arguments = {**arguments, "monitor_beat_tasks": _has_right_monitors()}
            yield integration(**arguments)
        except Exception:  # noqa: BLE001, S112
            continue


def _has_right_monitors() -> bool:
    try:
        correct_monitors()
    except Exception:  # noqa: BLE001  an SDK that is built otherwise: no monitor rather than a wrong one
        return False
    return True
