"""Switches Sentry on in an application: scrubbed, grouped, and with the integrations its libraries need."""

import warnings
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import sentry_sdk
from sentry_sdk.integrations import Integration
from sentry_sdk.scrubber import EventScrubber
from sentry_sdk.serializer import add_global_repr_processor, global_repr_processors

from alerting.sentry.guest import GuestScrubber, guarded, with_field_names
from alerting.sentry.hooks import HOOKS, Hook, breadcrumb_hook, is_own, outgoing_hook
from alerting.sentry.ignored import IGNORED
from alerting.sentry.options import SAMPLERS, SentrySetupError, resolve
from alerting.sentry.responses import SERVER_ERRORS
from alerting.sentry.scrub import scrub_event

# Both are about options this package sets on purpose. `send_default_pii=False` stays explicit because the successor
# the first one recommends switches the SDK's scrubber off; the second is what SENTRY_PROFILES_SAMPLE_RATE asks for.
_SILENCED = ("The send_default_pii option is deprecated", "Transaction-based profiling is deprecated")
# Logging, threads and http.client are the SDK's own defaults.
_NAMED_BY_URL: Mapping[str, Any] = {"transaction_style": "url", "middleware_spans": True, "signals_spans": True}
_DEFAULTS = {"send_default_pii": False, "attach_stacktrace": True, "auto_enabling_integrations": False}


def init_sentry(
    *,
    scrub: Hook = scrub_event,
    failed_request_status_codes: Collection[int] = SERVER_ERRORS,
    **overrides: Any,
) -> bool:
    """Start the SDK from the environment and say whether it is on; without a DSN nothing happens.

    Reads SENTRY_DSN (or SENTRY_DSN_FILE), SENTRY_ENVIRONMENT, SENTRY_TRACES_SAMPLE_RATE, SENTRY_PROFILES_SAMPLE_RATE
    and APP_VERSION; nothing is profiled unless that rate is set. Any option of `sentry_sdk.init` may be passed and
    wins. Of the hooks (`before_send` and its kin) the application's own runs first; grouping and scrubbing see what
    it leaves. `ignore_errors` adds to `IGNORED`, subclasses included. `scrub` replaces the scrubbing rules, by a
    scrubber with more of them.
    `failed_request_status_codes` are the HTTP answers that count as errors: 5xx, and 4xx only where listed here.

    Raises SentrySetupError, a ValueError, that lists every mistake. That is the only time anything raises: later
    failures of reporting stay inside it.
    """
    options = resolve(overrides, scrub=scrub, failed_request_status_codes=failed_request_status_codes)
    if not options["dsn"]:
        return False
    given = list(options.get("integrations") or ())
    options["ignore_errors"] = [*IGNORED, *(options.get("ignore_errors") or ())]
    options |= _hooks(options, scrub)
    # What the caller leaves out, or gives as None, as the SDK allows.
    options |= {name: value for name, value in _DEFAULTS.items() if options.get(name) is None}
    if with_field_names not in global_repr_processors:
        add_global_repr_processor(with_field_names)
    theirs = options.get("event_scrubber") or (None if is_own(scrub) else EventScrubber(recursive=True))
    options["event_scrubber"] = GuestScrubber(theirs, scrub)
    # The oldest SDK lets what these raise through to the application; the newest answers as they do here.
    options |= {name: guarded(options[name], 0.0) for name in SAMPLERS if options.get(name) is not None}
    decided = [*given, *(options.get("disabled_integrations") or ())]
    _start_with_what_fits(options, given, list(integrations(decided, failed_request_status_codes)))
    return True


def integrations(decided: Collection[Any], failed_request_status_codes: Collection[int]) -> Iterator[Integration]:
    """The known integrations, but for those that the caller `decided` about: by configuring or by disabling them."""
    # The SDK heeds what is disabled only where it sets an integration up for the first time in a process.
    identifiers = {getattr(one, "identifier", None) for one in decided}
    answers: Mapping[str, Any] = {"failed_request_status_codes": failed_request_status_codes}
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
                if library == "celery":
                    from alerting.sentry.monitors import correct_monitors

                    arguments = {"monitor_beat_tasks": correct_monitors()}
                if integration.identifier not in identifiers:
                    yield integration(**arguments)


def _start_with_what_fits(options: Mapping[str, Any], given: list[Integration], ours: list[Integration]) -> None:
    """Start with every integration, else without the one that does not go with its library, else with `given` only."""
    for kept in (ours, *([one for one in ours if one is not dropped] for dropped in ours), []):
        try:
            with warnings.catch_warnings():
                for message in _SILENCED:
                    warnings.filterwarnings("ignore", message=message, category=DeprecationWarning)
                sentry_sdk.init(**{**options, "integrations": [*given, *kept]})
        except Exception as error:  # noqa: BLE001
            refusal = error
        else:
            return
    raise SentrySetupError([f"sentry_sdk.init refused the options: {type(refusal).__name__}: {refusal}"]) from None


def _hooks(options: Mapping[str, Any], scrub: Hook) -> dict[str, Hook]:
    """The SDK's hooks, each wrapping the application's own one, as far as the installed SDK has them."""
    experiments = options.get("_experiments") or {}
    streaming = "stream" in {options.get("trace_lifecycle"), experiments.get("trace_lifecycle")}
    hooks = {}
    for name in HOOKS:
        # The SDK warns about the hook of streamed spans where none are streamed.
        if name != "before_send_span" or streaming:
            ignored = options["ignore_errors"] if name == "before_send" else None
            hooks[name] = outgoing_hook(options.get(name) or experiments.get(name), scrub, ignored)
    hooks["before_breadcrumb"] = breadcrumb_hook(options.get("before_breadcrumb"))
    return hooks
