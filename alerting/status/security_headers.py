"""What the browser may do with our pages: nothing inline, nothing from elsewhere, no frames, TLS kept once used."""

from collections.abc import Callable
from wsgiref.headers import Headers

from django.http import HttpRequest, HttpResponse

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
# Of pages, not of files that never change.
PAGES = {**HEADERS, "Cache-Control": "no-store"}
HSTS = "max-age=31536000"


def add_to_file(headers: Headers) -> None:
    """Set what holds for static files as well."""
    for name, value in HEADERS.items():
        headers[name] = value


class SecurityHeadersMiddleware:
    """Sets them on every answer; behind TLS also HSTS, and cookies that never travel without it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        for name, value in PAGES.items():
            response.headers.setdefault(name, value)
        if request.is_secure():
            response.headers["Strict-Transport-Security"] = HSTS
            for cookie in response.cookies.values():
                cookie["secure"] = True
        return response
