"""The README's faults, from a real Django application and a real Celery worker, as a real Bugsink keeps them."""

import logging
import os
import secrets
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import sentry_sdk
from celery import Celery
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import path
from rest_framework import exceptions as drf

from alerting.sentry import ErrorTracker, init_sentry
from tests.sentry import webapp
from tests.sentry.bugsink import running_bugsink
from tests.sentry.webapp import call_wsgi
from tests.support.service import broker

ROOT = Path(__file__).parents[2]
TIMES = 3
planted: list[str] = []


def secret() -> str:
    """A password nobody has had before, as generators make them."""
    planted.append(f"Zx{len(planted)}{secrets.token_hex(9)}Qw")
    return planted[-1]


def database(number: int) -> None:
    sqlite3.connect(":memory:").execute(f"SELECT * FROM orders WHERE id = {number} AND password = '{secret()}'")


def authentication(number: int) -> None:
    api_key = secret()
    raise drf.AuthenticationFailed(f"user {number} has no api_key={api_key}")


def service(number: int) -> None:
    httpx.get(f"http://127.0.0.1:2/orders/{number}?token={secret()}", timeout=5)


def rate_limit(number: int) -> None:
    raise drf.Throttled(wait=number)


def validation(number: int) -> None:
    raise ValidationError(f"order {number} has no price", params={"password": secret()})


def bug(number: int) -> None:
    logging.getLogger("shop").info("order %d of %s, password=%s", number, "ana", secret())
    raise ZeroDivisionError(f"order {number}: token={secret()}")


FAULTS: dict[str, tuple[Callable[[int], None], str]] = {
    "database": (database, "OperationalError"),
    "authentication": (authentication, "AuthenticationFailed"),
    "service": (service, "ConnectError"),
    "rate_limit": (rate_limit, "Throttled"),
    "validation": (validation, "ValidationError"),
    "bug": (bug, "ZeroDivisionError"),
}


def fail(request: HttpRequest, kind: str, number: int) -> HttpResponse:
    session_token = secret()
    FAULTS[kind][0](number)
    return HttpResponse(session_token)


def answer(request: HttpRequest, number: int) -> HttpResponse:
    return HttpResponse(status=503)


def handled(request: HttpRequest, number: int) -> HttpResponse:
    ErrorTracker.set_user({"id": number, "email": f"ana{number}@example.com"})
    try:
        {}[f"order {number}"]
    except KeyError as error:
        ErrorTracker.capture_exception(error, context={"password": secret(), "order": number})
    return HttpResponse()


def log(request: HttpRequest, number: int) -> HttpResponse:
    logging.getLogger("shop").error("payment of %s failed: token=%s", number, secret())
    return HttpResponse()


class Urls:
    urlpatterns = (
        path("fail/<str:kind>/<int:number>/", fail),
        path("answer/<int:number>/", answer),
        path("handled/<int:number>/", handled),
        path("log/<int:number>/", log),
    )


def ask(url: str) -> None:
    call_wsgi(
        f"{url}?token={secret()}&page=2",
        method="POST",
        body=f"password={secret()}&note=door".encode(),
        HTTP_AUTHORIZATION=f"Bearer {secret()}",
        HTTP_COOKIE=f"sessionid={secret()}",
        HTTP_X_API_KEY=secret(),
    )


def run_tasks(dsn: str) -> int:
    """Have a worker run tasks that fail, until all are reported; how many events that are."""
    with broker() as server:
        shop = Celery("shop", broker=server.connection_url + "/0", set_as_current=False)
        for number in range(TIMES):
            shop.send_task("shop.divide", (number, secret()), queue="shop")
            shop.send_task("shop.cache", (f"redis://:{secret()}@127.0.0.1:1/0",), queue="shop")
            shop.send_task("shop.slow", (), queue="shop")
        shop.send_task("shop.stop", (), queue="shop")
        shop.close()
        environment = {**os.environ, "SENTRY_DSN": dsn, "SHOP_BROKER": server.connection_url + "/0"}
        command = [sys.executable, "-m", "celery", "-A", "tests.sentry.shop", "worker", "--pool", "solo"]
        done = subprocess.run(
            [*command, "--without-gossip", "--without-mingle"], cwd=ROOT, env=environment, timeout=120
        )
        assert done.returncode == 0
    return 3 * TIMES


@pytest.mark.timeout(600)
def test_each_fault_is_one_issue_and_no_planted_secret_is_kept(tmp_path: Path, fresh_sdk: list[Any]) -> None:
    with running_bugsink(tmp_path) as bugsink, webapp.serving(ROOT_URLCONF=Urls):
        assert init_sentry(dsn=bugsink.dsn)
        urls = [*(f"/fail/{kind}" for kind in FAULTS), "/answer", "/handled", "/log"]
        for url in urls:
            for number in range(10, 10 + TIMES):
                ask(f"{url}/{number}/")
        sentry_sdk.get_client().close(timeout=30)
        bugsink.wait_for(len(urls) * TIMES + run_tasks(bugsink.dsn))

        kept = bugsink.everything()
        assert [one for one in planted if one in kept] == []
        assert kept.count("[Filtered]") > len(planted)
        of_tasks = ["ConnectionError", "SoftTimeLimitExceeded", "ZeroDivisionError"]
        expected = sorted([*(name for _, name in FAULTS.values()), "KeyError", "Log Message", "Log Message", *of_tasks])
        assert bugsink.issues() == [(name, TIMES) for name in expected]
