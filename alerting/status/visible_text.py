"""What people wrote and what Sentry said, on a page: no character is invisible, and none turns a line around."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from alerting.notifiers.escape import visible


class VisibleTextMiddleware:
    """Takes such characters out of the whole page, wherever they were put into it; its markup has none."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        if response.headers.get("Content-Type", "").startswith("text/html"):
            response.content = visible(response.content.decode()).encode()
        return response
