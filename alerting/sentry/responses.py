"""Reports HTTP error answers of Django: with the exception that was turned into one, else by status code."""

from collections.abc import Callable, Collection, Sequence
from functools import wraps
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import sentry_sdk
from sentry_sdk.integrations import Integration
from sentry_sdk.integrations.logging import ignore_logger
from sentry_sdk.utils import capture_internal_exceptions, event_from_exception

from alerting.sentry.hooks import last_error

SERVER_ERRORS: frozenset[int] = frozenset(range(500, 600))

_FAILED = "_alerting_sentry_failed"
_ANSWERED = "_alerting_sentry_answered"


class HttpStatusIntegration(Integration):
    """Sends an event for each answer whose status is in `failed_request_status_codes`, 5xx unless told otherwise.

    An exception that Django gave up on has its own event, with a traceback, and is not reported a second time; nor is
    a request during which the application reported an error itself.
    """

    identifier = "alerting_http_status"

    def __init__(self, failed_request_status_codes: Collection[int] = SERVER_ERRORS) -> None:
        self.failed_request_status_codes = frozenset(failed_request_status_codes)

    @staticmethod
    def setup_once() -> None:
        # Looked up by name: this package imports nothing but sentry_sdk, and Django is present only now.
        handler = import_module("django.core.handlers.base").BaseHandler
        signal = import_module("django.core.signals").got_request_exception
        signal.connect(_note_failure, weak=False, dispatch_uid=__name__)
        # Django logs as errors what it answers with 400: a host it does not know, a form with too many fields.
        ignore_logger("django.security.*")
        _watch(handler)
        _note_answered(handler, "process_exception_by_middleware", lambda given: given[2])
        _note_answered(
            import_module("django.core.handlers.exception"), "response_for_exception", lambda given: given[0]
        )


def _note_failure(request: Any = None, **_: Any) -> None:
    with capture_internal_exceptions():
        setattr(request, _FAILED, True)


def _note_answered(owner: Any, name: str, request_of: Callable[[Sequence[Any]], Any]) -> None:
    """Have `owner.name`, which may answer for an exception, leave that exception on the request."""
    answer = getattr(owner, name)

    @wraps(answer)
    def noting(*arguments: Any, **named: Any) -> Any:
        response = answer(*arguments, **named)
        if response is not None:
            with capture_internal_exceptions():
                given = [*arguments, *named.values()]
                error = next(one for one in given if isinstance(one, BaseException))
                setattr(request_of(given), _ANSWERED, error)
        return response

    setattr(owner, name, noting)


class _RestFramework:
    """DRF turns its exceptions into answers itself. It can be imported only once Django's settings are there."""

    is_awaited = True

    @classmethod
    def meet(cls) -> None:
        if cls.is_awaited:
            cls.is_awaited = False
            with capture_internal_exceptions():
                if find_spec("rest_framework") is not None:
                    view = import_module("rest_framework.views").APIView
                    _note_answered(view, "handle_exception", lambda given: given[0].request._request)


def _watch(handler: Any) -> None:
    answer, answer_async = handler.get_response, handler.get_response_async

    @wraps(answer)
    def get_response(self: Any, request: Any) -> Any:
        _RestFramework.meet()
        before = last_error.get()
        response = answer(self, request)
        _report(request, response, before)
        return response

    @wraps(answer_async)
    async def get_response_async(self: Any, request: Any) -> Any:
        _RestFramework.meet()
        before = last_error.get()
        response = await answer_async(self, request)
        _report(request, response, before)
        return response

    handler.get_response, handler.get_response_async = get_response, get_response_async


def _report(request: Any, response: Any, before: str | None) -> None:
    with capture_internal_exceptions():
        # An error holds its frames, and those the request: together they would live until the next collection.
        error = vars(request).pop(_ANSWERED, None)
        client = sentry_sdk.get_client()
        integration = client.get_integration(HttpStatusIntegration)
        status = getattr(response, "status_code", None)
        if integration is None or status not in integration.failed_request_status_codes:
            return
        if getattr(request, _FAILED, False) or last_error.get() != before:
            return
        facts: Any = {
            "level": "error" if status in SERVER_ERRORS else "warning",
            "contexts": {"response": {"status_code": status}},
        }
        if error is not None:
            mechanism = {"type": "django", "handled": False}
            event, hint = event_from_exception(error, client_options=client.options, mechanism=mechanism)
            whole: Any = {**event, **facts}
            sent = sentry_sdk.capture_event(whole, hint=hint)
            # An answer to visitors is ignored as an exception; its status was listed, so that one counts.
            if sent is not None or status in SERVER_ERRORS:
                return
        from alerting.sentry.grouping.fingerprint import STATUS_HINT

        told: Any = {"message": f"HTTP {status} {getattr(response, 'reason_phrase', '')}".strip(), **facts}
        sentry_sdk.capture_event(told, hint={STATUS_HINT: status})
