"""What a browser shows where a request cannot be answered: each page in our own words, and without the database."""

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from alerting import config


def missing(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001  Django's signature
    """404."""
    days = config.current().ALERTING_HISTORY_DAYS
    sentence = f"There is no such page or incident; closed incidents are kept for {days} days."
    return _page(404, "Nothing here", sentence)


def not_understood(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001  Django's signature
    """400."""
    return _page(400, "Not understood", "The request was too large, or meant for another host than this page's.")


def broken(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  Django's signature
    """500."""
    sentence = (
        "This page could not be made; its log says why. Evaluating and telling go on without it, "
        "and `alerting incidents` in a terminal shows what is open."
    )
    return _page(500, "This page is broken", sentence)


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001  Django's signature
    """403 for a form without the token of this session."""
    sentence = "Nothing was changed: the form was old, or came from elsewhere. Load the page again and press once more."
    return _page(403, "The form is too old", sentence)


def _page(status: int, title: str, sentence: str) -> HttpResponse:
    return HttpResponse(render_to_string("status/error.html", {"title": title, "sentence": sentence}), status=status)
