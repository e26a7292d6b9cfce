"""Reports HTTP error answers of Django: with the exception that was turned into one, else by status code."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from functools import cache, wraps
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import sentry_sdk
from sentry_sdk.integrations import Integration
from sentry_sdk.integrations.logging import ignore_logger
from sentry_sdk.utils import capture_internal_exceptions, event_from_exception

from alerting.sentry.hooks import Request, current_request

SERVER_ERRORS: frozenset[int] = frozenset(range(500, 600))


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
        _note_answered(handler, "process_exception_by_middleware")
        _note_answered(import_module("django.core.handlers.exception"), "response_for_exception")


def _note_failure(**_: Any) -> None:
    if request := current_request.get():
        request.has_event = True


def _note_answered(owner: Any, name: str) -> None:
    """Have `owner.name`, which may answer for an exception, leave that exception with the request."""
    answer = getattr(owner, name)

    @wraps(answer)
    def noting(*arguments: Any, **named: Any) -> Any:
        response = answer(*arguments, **named)
        if response is not None and (request := current_request.get()):
            given = (*arguments, *named.values())
            request.answered = next((one for one in given if isinstance(one, BaseException)), None)
        return response

    setattr(owner, name, noting)


@cache
def _meet_rest_framework() -> None:
    """DRF turns its exceptions into answers itself. It can be imported only once Django's settings are there."""
    with capture_internal_exceptions():
        if find_spec("rest_framework") is not None:
            _note_answered(import_module("rest_framework.views").APIView, "handle_exception")


def _watch(handler: Any) -> None:
    answer, answer_async = handler.get_response, handler.get_response_async

    @wraps(answer)
    def get_response(self: Any, request: Any) -> Any:
        with _answering() as noted:
            return _reported(noted, answer(self, request))

    @wraps(answer_async)
    async def get_response_async(self: Any, request: Any) -> Any:
        with _answering() as noted:
            return _reported(noted, await answer_async(self, request))

    handler.get_response, handler.get_response_async = get_response, get_response_async


@contextmanager
def _answering() -> Iterator[Request]:
    _meet_rest_framework()
    request = Request()
    before = current_request.set(request)
    try:
        yield request
    finally:
        current_request.reset(before)
        # An error holds its frames, and those the request: together they would live until the next collection.
        request.answered = None


def _reported(request: Request, response: Any) -> Any:
    """The answer, after it was reported where its status says that something failed."""
    with capture_internal_exceptions():
        client = sentry_sdk.get_client()
        integration = client.get_integration(HttpStatusIntegration)
        status = getattr(response, "status_code", None)
        if integration is None or request.has_event or status not in integration.failed_request_status_codes:
            return response
        facts: Any = {
            "level": "error" if status in SERVER_ERRORS else "warning",
            "contexts": {"response": {"status_code": status}},
        }
        sent = None
        if request.answered is not None:
            mechanism = {"type": "django", "handled": False}
            event, hint = event_from_exception(request.answered, client_options=client.options, mechanism=mechanism)
            sent = sentry_sdk.capture_event(event | facts, hint=hint)
        # An answer to visitors is ignored as an exception; its status was listed, so that one counts.
        if sent is None and (request.answered is None or status not in SERVER_ERRORS):
            from alerting.sentry.grouping.fingerprint import STATUS_HINT

            told: Any = {"message": f"HTTP {status} {getattr(response, 'reason_phrase', '')}".strip(), **facts}
            sentry_sdk.capture_event(told, hint={STATUS_HINT: status})
    return response
