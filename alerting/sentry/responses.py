"""Reports HTTP error answers that a Django view returns without raising, by status code."""

from collections.abc import Collection
from functools import wraps
from importlib import import_module
from typing import Any

import sentry_sdk
from sentry_sdk.integrations import Integration
from sentry_sdk.integrations.logging import ignore_logger
from sentry_sdk.utils import capture_internal_exceptions

from alerting.sentry.grouping.schemes import STATUS_HINT
from alerting.sentry.hooks import last_error

SERVER_ERRORS: frozenset[int] = frozenset(range(500, 600))

_FAILED = "_alerting_sentry_failed"


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


def _note_failure(request: Any = None, **_: Any) -> None:
    with capture_internal_exceptions():
        setattr(request, _FAILED, True)


def _watch(handler: Any) -> None:
    answer, answer_async = handler.get_response, handler.get_response_async

    @wraps(answer)
    def get_response(self: Any, request: Any) -> Any:
        before = last_error.get()
        response = answer(self, request)
        _report(request, response, before)
        return response

    @wraps(answer_async)
    async def get_response_async(self: Any, request: Any) -> Any:
        before = last_error.get()
        response = await answer_async(self, request)
        _report(request, response, before)
        return response

    handler.get_response, handler.get_response_async = get_response, get_response_async


def _report(request: Any, response: Any, before: str | None) -> None:
    with capture_internal_exceptions():
        integration = sentry_sdk.get_client().get_integration(HttpStatusIntegration)
        status = getattr(response, "status_code", None)
        if integration is None or status not in integration.failed_request_status_codes:
            return
        if getattr(request, _FAILED, False) or last_error.get() != before:
            return
        event: Any = {
            "message": f"HTTP {status} {getattr(response, 'reason_phrase', '')}".strip(),
            "level": "error" if status in SERVER_ERRORS else "warning",
            "contexts": {"response": {"status_code": status}},
        }
        sentry_sdk.capture_event(event, hint={STATUS_HINT: status})
