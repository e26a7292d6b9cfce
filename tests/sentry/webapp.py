"""A small Django application whose views fail in every way that is reported, and how to call it for real."""

import asyncio
import contextlib
import io
from collections.abc import Callable, Iterator
from typing import Any

from asgiref.testing import ApplicationCommunicator
from django.core.exceptions import PermissionDenied, SuspiciousOperation, ValidationError
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.test import override_settings
from django.urls import path
from rest_framework import exceptions as drf
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from alerting.sentry import ErrorTracker


class Outage(drf.APIException):
    status_code = 503
    default_detail = "come back later"


class AnsweringMiddleware:
    """Answers for errors of one kind itself, as middleware for error pages does."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return HttpResponse("sorry", status=502) if isinstance(error, ShelfError) else None


class ShelfError(Exception):
    pass


SETTINGS: dict[str, Any] = {
    "ROOT_URLCONF": __name__,
    "MIDDLEWARE": ["django.middleware.common.CommonMiddleware", f"{__name__}.AnsweringMiddleware"],
    "ALLOWED_HOSTS": ["*"],
    "DEBUG": False,
    "LOGGING_CONFIG": None,
    "REST_FRAMEWORK": {
        "UNAUTHENTICATED_USER": None,
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    },
}


@contextlib.contextmanager
def serving(**settings: Any) -> Iterator[None]:
    """Requests are answered by this application, which has no database.

    As Django's own test client does: no request looks after the connection that a test before it may have left open.
    """
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    try:
        with override_settings(**{**SETTINGS, **settings}):
            yield
    finally:
        request_started.connect(close_old_connections)
        request_finished.connect(close_old_connections)


class OrderMissing(Http404):
    pass


class OrderHidden(drf.PermissionDenied):
    pass


RAISED: dict[str, Callable[[], BaseException]] = {
    "bug": lambda: ZeroDivisionError("division by zero"),
    "missing": lambda: Http404("no such story"),
    "order-missing": lambda: OrderMissing("no such order"),
    "forbidden": lambda: PermissionDenied("not yours"),
    "suspicious": lambda: SuspiciousOperation("too many fields"),
    "api-missing": drf.NotFound,
    "api-hidden": OrderHidden,
    "invalid": lambda: ValidationError("no price"),
    "throttled": lambda: drf.Throttled(wait=3),
}


def fail(request: HttpRequest, kind: str, number: int = 0) -> HttpResponse:
    form = dict(request.POST.items())
    raise RAISED[kind](*form.get("arguments", ()))


async def fail_async(request: HttpRequest, kind: str, number: int = 0) -> HttpResponse:
    await asyncio.sleep(0)
    return fail(request, kind, number)


def answer(request: HttpRequest, status: int) -> HttpResponse:
    return JsonResponse({"detail": "no"}, status=status)


async def answer_async(request: HttpRequest, status: int) -> HttpResponse:
    return HttpResponse(status=status)


def told(request: HttpRequest) -> HttpResponse:
    """Reports an error itself and then answers 503."""
    try:
        fail(request, "bug")
    except ZeroDivisionError as error:
        ErrorTracker.capture_exception(error, context={"step": "payment"})
    return HttpResponse(status=503)


def chatty(request: HttpRequest) -> HttpResponse:
    """Sends a message that is no error, and then answers 503."""
    ErrorTracker.capture_message("cache miss rate high", level="warning")
    return HttpResponse(status=503)


async def told_async(request: HttpRequest) -> HttpResponse:
    return told(request)


async def chatty_async(request: HttpRequest) -> HttpResponse:
    return chatty(request)


def fine(request: HttpRequest) -> HttpResponse:
    return HttpResponse("fine")


def reach(host: str) -> None:
    raise ShelfError("no shelf") from ConnectionRefusedError(f"connecting to {host}:8000")


class Api(APIView):
    """DRF turns these into answers, whose status the client sees and nothing else."""

    authentication_classes = ()
    permission_classes = ()

    def get(self, request: Request, kind: str) -> Response:
        if kind == "denied":
            raise drf.PermissionDenied
        if kind == "throttled":
            raise drf.Throttled(wait=3)
        try:
            reach("10.0.0.1")
        except ShelfError as error:
            raise Outage from error
        return Response()


def answered(request: HttpRequest) -> HttpResponse:
    reach("10.0.0.1")
    return HttpResponse()


async def answered_async(request: HttpRequest) -> HttpResponse:
    return answered(request)


urlpatterns = [
    path("api/<str:kind>/", Api.as_view()),
    path("answered/", answered),
    path("answered-async/", answered_async),
    path("fail/<str:kind>/<int:number>/", fail),
    path("fail-async/<str:kind>/<int:number>/", fail_async),
    path("answer/<int:status>/", answer),
    path("answer-async/<int:status>/", answer_async),
    path("told/", told),
    path("told-async/", told_async),
    path("chatty/", chatty),
    path("chatty-async/", chatty_async),
    path("fine/", fine),
]


def call_wsgi(url: str, *, method: str = "GET", body: bytes = b"", **environ: str) -> int:
    """One request through Django's WSGI entry; the answer's status."""
    path_info, _, query = url.partition("?")
    statuses: list[int] = []
    variables: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path_info,
        "QUERY_STRING": query,
        "SERVER_NAME": "shop.example",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "203.0.113.9",
        "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": "application/x-www-form-urlencoded",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "wsgi.version": (1, 0),
        **environ,
    }
    response = WSGIHandler()(variables, lambda status, headers, *_: statuses.append(int(status[:3])))
    for _ in response:
        pass
    response.close()
    return statuses[0]


def call_asgi(url: str, *, method: str = "GET", body: bytes = b"", headers: dict[str, str] | None = None) -> int:
    """One request through Django's ASGI entry; the answer's status."""
    path_info, _, query = url.partition("?")
    given = {"content-type": "application/x-www-form-urlencoded", "host": "shop.example", **(headers or {})}

    async def talk() -> int:
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "path": path_info,
            "query_string": query.encode(),
            "headers": [(key.encode(), value.encode()) for key, value in given.items()],
            "client": ("203.0.113.9", 40000),
            "server": ("shop.example", 80),
            "scheme": "http",
        }
        talking = ApplicationCommunicator(ASGIHandler(), scope)
        await talking.send_input({"type": "http.request", "body": body, "more_body": False})
        start = await talking.receive_output(10)
        while (await talking.receive_output(10)).get("more_body"):
            pass
        await talking.wait()
        return int(start["status"])

    return asyncio.run(talk())
