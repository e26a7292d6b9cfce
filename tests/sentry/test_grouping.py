"""One fault is one group: real errors of real libraries, through the real SDK, judged by their fingerprints."""

import sqlite3
from collections.abc import Callable
from typing import Any

import httpx
import pydantic
import pytest
import sentry_sdk
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework import exceptions as drf

from alerting.sentry.grouping.chain import Fault, lineage
from alerting.sentry.grouping.fingerprint import endpoint_of, fingerprint
from alerting.sentry.grouping.schemes import Scheme, scheme_of
from alerting.sentry.grouping.service import service_of
from tests.sentry.faults import closed_port, foreign, raising
from tests.sentry.sdk import Kept

HERE = __name__


def check_login(message: str) -> None:
    raise drf.AuthenticationFailed(message)


def check_owner(message: str) -> None:
    raise PermissionDenied(message)


def test_authentication_errors_are_grouped_by_function(group: Any) -> None:
    found = [group(lambda n=n: check_login(f"user {n} is locked")) for n in range(3)]
    assert found == [["auth@1", f"{HERE}.check_login"]] * 3
    assert group(lambda: check_owner("not yours")) == ["auth@1", f"{HERE}.check_owner"]


def clean_price(value: str) -> None:
    raise ValidationError(f"{value} is no price")


class Order(pydantic.BaseModel):
    amount: int


def read_order(value: str) -> Order:
    return Order(amount=value)  # type: ignore[arg-type]


def test_validation_errors_are_grouped_by_the_applications_function(group: Any) -> None:
    assert {tuple(group(lambda n=n: clean_price(str(n)))) for n in range(3)} == {
        ("validation@1", f"{HERE}.clean_price")
    }
    assert {tuple(group(lambda n=n: read_order(f"x{n}"))) for n in range(3)} == {("validation@1", f"{HERE}.read_order")}


def test_rate_limits_are_grouped_by_endpoint(group: Any) -> None:
    def limited(path: str, wait: int) -> Any:
        sentry_sdk.get_current_scope().set_transaction_name(path, source="route")
        raise drf.Throttled(wait=wait)

    found = {tuple(group(lambda n=n, p=p: limited(p, n))) for n in range(5) for p in ("/api/orders/{id}", "/api/login")}
    assert found == {("rate_limit@1", "/api/orders/{id}"), ("rate_limit@1", "/api/login")}


@pytest.mark.parametrize(
    ("path", "endpoint"),
    [
        ("/api/orders/17", "/api/orders/{id}"),
        ("/api/orders/0d3b4c1e-6b52-4b0e-9d2d-9a4a1f0f7c11/items/5?page=2", "/api/orders/{id}/items/{id}"),
        ("/orders/ORD-1234/", "/orders/{id}/"),
        ("/users/ana@example.com/", "/users/{id}/"),
        ("/users/ana%40example.com/", "/users/{id}/"),
        ("/days/2026-01-31", "/days/{id}"),
        ("/hosts/203.0.113.9", "/hosts/{id}"),
        ("/api/oauth2/s3/token", "/api/oauth2/s3/token"),
        ("/@<name>/{kind}/", "/@<name>/{kind}/"),
        ("/blobs/da39a3ee5e6b4b0d3255bfef95601890afd80709", "/blobs/{id}"),
        ("/api/v2/orders/", "/api/v2/orders/"),
        ("/api/orders/<int:pk>/", "/api/orders/<int:pk>/"),
        ("shop.tasks.settle", "shop.tasks.settle"),
        ("shop.tasks.import_iso8601_times", "shop.tasks.import_iso8601_times"),
    ],
)
def test_endpoints_carry_no_ids(path: str, endpoint: str) -> None:
    assert endpoint_of({"transaction": path}) == endpoint
    if path.startswith("/"):
        assert endpoint_of({"request": {"url": f"https://shop.example{path}"}}) == endpoint


def test_the_cause_decides_behind_a_generic_error(group: Any) -> None:
    port = closed_port()

    def explicit() -> None:
        try:
            httpx.get(f"http://127.0.0.1:{port}/a")
        except httpx.HTTPError as error:
            raise KeyError("order could not be placed") from error

    def implicit() -> None:
        try:
            httpx.get(f"http://127.0.0.1:{port}/b")
        except httpx.HTTPError:
            raise RuntimeError("order could not be placed")  # noqa: B904

    def together() -> None:
        raise ExceptionGroup(
            "several", [httpx.ConnectError("x", request=httpx.Request("GET", f"http://127.0.0.1:{port}"))]
        )

    def among_others() -> None:
        inner = ExceptionGroup(
            "inner", [httpx.ConnectError("x", request=httpx.Request("GET", f"http://127.0.0.1:{port}"))]
        )
        raise ExceptionGroup("several", [KeyError("x"), inner])

    for act in (explicit, implicit, together, among_others):
        assert group(act) == ["external@1", f"127.0.0.1:{port}"]


def test_an_error_that_merely_happened_while_handling_another_is_its_own(group: Any) -> None:
    def act() -> None:
        try:
            clean_price("x")
        except ValidationError:
            {}["missing"]

    assert group(act) is None


def test_a_fingerprint_of_the_application_wins(group: Any) -> None:
    def act() -> None:
        sentry_sdk.get_current_scope().fingerprint = ["custom-group", "payment-processing", "stripe"]
        check_login("x")

    assert group(act) == ["custom-group", "payment-processing", "stripe"]


def test_what_no_scheme_knows_keeps_sentrys_grouping(group: Any) -> None:
    assert group(raising(KeyError("database connection auth validation timeout"))) is None
    assert group(raising(foreign("shop.errors", "DatabaseCatalogueError")("x"))) is None


def test_messages_keep_sentrys_grouping(started: Callable[..., Kept]) -> None:
    kept = started()
    sentry_sdk.capture_message("OperationalError: SELECT * FROM orders")
    assert "fingerprint" not in kept.event


@pytest.mark.parametrize(
    ("error", "scheme"),
    [
        (foreign("shop.db", "Locked"), None),
        (type("Locked", (DatabaseError,), {"__module__": "shop.db"}), Scheme.DATABASE),
        (type("Down", (httpx.ConnectTimeout,), {"__module__": "shop.api"}), Scheme.EXTERNAL),
        (foreign("redis.exceptions", "RedisError", "ConnectionError", "AuthenticationError"), Scheme.EXTERNAL),
        (foreign("jwt.exceptions", "PyJWTError", "ExpiredSignatureError"), Scheme.AUTH),
        (foreign("botocore.errorfactory", "ClientError", "NoSuchKey"), Scheme.EXTERNAL),
        (foreign("openai", "APIError", "RateLimitError"), Scheme.EXTERNAL),
        (foreign("boto.exception", "BotoServerError", "S3ResponseError"), Scheme.EXTERNAL),
        (foreign("django_redis.exceptions", "ConnectionInterrupted"), Scheme.EXTERNAL),
        (foreign("django.db.transaction", "TransactionManagementError"), Scheme.DATABASE),
        (foreign("shop.limits", "RateLimitExceeded"), Scheme.RATE_LIMIT),
        (foreign("shop.forms", "ValidationError", "PriceError"), Scheme.VALIDATION),
        (foreign("pyhive.exc", "Error", "DatabaseError", "ProgrammingError"), Scheme.DATABASE),
        (foreign("shop.users", "UserError", "InvalidCredentials", "WrongPin"), Scheme.AUTH),
        (foreign("shop.users", "UnauthorizedAccessLogError"), None),
        (foreign("jwtish.things", "Error"), None),
        (ValueError, None),
        (ExceptionGroup, None),
    ],
)
def test_the_class_hierarchy_decides_the_scheme(error: type[Exception], scheme: Scheme | None) -> None:
    assert scheme_of(tuple(lineage(error))) is scheme


def stated(module: str | None, name: str, text: str = "", **frame: Any) -> dict[str, Any]:
    frames = [{"function": "place_order", "module": "shop.orders", "in_app": True, **frame}]
    value = {"module": module, "type": name, "value": text, "stacktrace": {"frames": frames}}
    return {"exception": {"values": [value]}}


@pytest.mark.parametrize(
    ("event", "parts"),
    [
        (
            stated(
                "requests.exceptions", "ConnectionError", "HTTPConnectionPool(host='api.example.com', port=80): Max"
            ),
            ("external@1", "api.example.com"),
        ),
        (
            stated("httpx", "HTTPStatusError", "for url 'https://key:pw@api.example.com/v1/7'"),
            ("external@1", "api.example.com"),
        ),
        (stated("redis.exceptions", "ConnectionError", "Error 111 connecting to cache:6379."), ("external@1", "cache")),
        (stated("httpx", "PoolTimeout"), ("external@1", "httpx in shop.orders.place_order")),
        (
            stated(
                "psycopg.errors",
                "UndefinedTable",
                'relation "o" does not exist\nLINE 1: SELECT * FROM o WHERE id = 7\n  ^',
            ),
            ("database@1", "select o"),
        ),
        (
            stated("psycopg2", "OperationalError", vars={"q": "'SELECT * FROM orders WHERE id = 7'"}),
            ("database@1", "select orders"),
        ),
        (stated("django.db.utils", "IntegrityError"), ("database@1", "shop.orders.place_order")),
        (stated("rest_framework.exceptions", "ValidationError"), ("validation@1", "shop.orders.place_order")),
        (
            {**stated("rest_framework.exceptions", "Throttled"), "transaction": "/api/orders/9"},
            ("rate_limit@1", "/api/orders/{id}"),
        ),
        (
            {"exception": {"values": [{"module": "jwt", "type": "DecodeError"}]}, "transaction": "/login"},
            ("auth@1", "/login"),
        ),
        (
            {
                **stated("django.db.utils", "DataError"),
                "breadcrumbs": {"values": [{"category": "query", "message": "SELECT 1 FROM a WHERE b = 3"}]},
            },
            ("database@1", "select a"),
        ),
        (
            {
                **stated("requests", "Timeout"),
                "breadcrumbs": {"values": [{"type": "http", "data": {"url": "https://a.example/1"}}]},
            },
            ("external@1", "a.example"),
        ),
    ],
)
def test_events_without_the_exception_object_are_grouped_by_what_they_state(event: Any, parts: tuple[str, str]) -> None:
    assert tuple(fingerprint(event, {}) or ()) == parts


def test_an_application_installed_as_a_package_is_told_from_its_libraries() -> None:
    frames = [
        {"function": "clean", "module": "shop.forms", "in_app": False},
        {"function": "__call__", "module": "django.core.validators", "in_app": False},
    ]
    error = {"module": "django.core.exceptions", "type": "ValidationError", "stacktrace": {"frames": frames}}
    assert fingerprint({"exception": {"values": [error]}}, {}) == ["validation@1", "shop.forms.clean"]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["exception", "values", "type", "module", "stacktrace", "frames", "breadcrumbs", "vars"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_events_of_any_shape_are_taken(shape: Any) -> None:
    event = shape if isinstance(shape, dict) else {"exception": shape}
    error = {"type": "OperationalError", "module": "sqlite3", "stacktrace": {"frames": shape}, "value": shape}
    fingerprint(event, {"exc_info": shape})
    fingerprint({"exception": {"values": [error]}, "breadcrumbs": shape, "transaction": shape}, {})
    fingerprint({"exception": {"values": [{**error, "module": "httpx"}]}, "breadcrumbs": shape, "request": shape}, {})


@pytest.mark.parametrize("text", ["https://[", "connecting to :", "//@", "host='' http://user:pw@/x"])
def test_unreadable_hosts_are_no_hosts(text: str) -> None:
    assert service_of([Fault((), {"value": text})], {}, "httpx") == ""


def test_scrubbing_does_not_change_the_group(group: Any) -> None:
    def act(secret: str) -> None:
        sqlite3.connect(":memory:").execute(f"SELECT * FROM missing_users WHERE password = '{secret}'")

    assert {tuple(group(lambda s=s: act(s))) for s in ("hunter2-a", "hunter2-b")} == {
        ("database@1", "select missing_users")
    }
