"""The shop of the quick start: a small Django application with customers, whose payments break for a while.

It reports through `alerting.sentry`, as any application would: real exceptions, real transactions, real envelopes.
"""

import itertools
import logging
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any
from wsgiref.util import setup_testing_defaults

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse
from django.urls import path

REQUESTS_A_SECOND = 6.0
# Counted in visits and not in seconds: on a busy machine, too, enough of them go wrong.
CALM_VISITS = 48
BROKEN_VISITS = 72
# Of three payments two go wrong while the provider is down.
BROKEN_OF_THREE = 2
PAGES = ("/", "/books/", "/checkout/")


class PaymentTimeout(Exception):  # noqa: N818  named as the provider's library would
    """The payment provider did not answer in time."""


class Provider:
    """Takes payments, except when it does not."""

    def __init__(self) -> None:
        self.is_down = False
        self._payments = itertools.count()

    def charge(self, card_number: str, cents: int) -> str:
        if self.is_down and next(self._payments) % 3 < BROKEN_OF_THREE:
            raise PaymentTimeout(f"no answer from pay.example within 3 s for card {card_number}, {cents} cents")
        return "paid"


provider = Provider()


def front_page(_: HttpRequest) -> HttpResponse:
    return HttpResponse("Welcome")


def books(_: HttpRequest) -> HttpResponse:
    return HttpResponse("Three books")


def checkout(_: HttpRequest) -> HttpResponse:
    return HttpResponse(provider.charge("4111 1111 1111 1111", 1995))


urlpatterns = [path("", front_page), path("books/", books), path("checkout/", checkout)]


def main() -> None:
    """Serve customers for ever: calm, then broken for a while, then calm again."""
    from alerting.sentry import init_sentry

    # Django's own log lines would mix with the story; Sentry has the exceptions.
    logging.getLogger("django").addHandler(logging.NullHandler())
    settings.configure(
        ROOT_URLCONF=__name__, SECRET_KEY=secrets.token_urlsafe(), ALLOWED_HOSTS=["*"], LOGGING_CONFIG=None
    )
    django.setup()
    init_sentry(traces_sample_rate=1.0, profiles_sample_rate=0.0)
    application = WSGIHandler()
    for page in _customers():
        _visit(application, page)
        time.sleep(1 / REQUESTS_A_SECOND)


def _customers() -> Iterator[str]:
    pages = itertools.cycle(PAGES)
    _say(f"open: {REQUESTS_A_SECOND:g} requests a second, all is well")
    yield from itertools.islice(pages, CALM_VISITS)
    provider.is_down = True
    _say("a new release: two of three checkouts now end in PaymentTimeout")
    yield from itertools.islice(pages, BROKEN_VISITS)
    provider.is_down = False
    _say("the release is rolled back: all is well again, and over once the errors have left the window")
    yield from pages


def _visit(application: WSGIHandler, page: str) -> None:
    environ: dict[str, Any] = {"PATH_INFO": page, "REQUEST_METHOD": "GET"}
    setup_testing_defaults(environ)
    application(environ, _ignore).close()


def _ignore(_status: str, _headers: list[tuple[str, str]], _error: Any = None, /) -> Callable[[bytes], object]:
    return len


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
