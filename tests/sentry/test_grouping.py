"""One fault is one group: real errors of real libraries, through the real SDK, judged by their fingerprints."""

import smtplib
import socket
import sqlite3
import urllib.request
from collections.abc import Callable
from typing import Any

import httpx
import psycopg
import pydantic
import pytest
import redis
import requests
import sentry_sdk
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st
from psycopg import sql
from rest_framework import exceptions as drf

from alerting.sentry.grouping import fingerprint
from alerting.sentry.hosts import service_of
from alerting.sentry.places import endpoint_of
from alerting.sentry.schemes import Scheme, scheme_of
from tests.sentry.sdk import Kept
from tests.support import postgres

HERE = __name__


@pytest.fixture
def group(started: Callable[..., Kept]) -> Callable[..., Any]:
    """What fingerprint an error gets when `act` fails with it and the SDK reports it."""
    kept = started()

    def of(act: Callable[[], Any], **scope: Any) -> Any:
        kept.envelopes.clear()
        with sentry_sdk.isolation_scope(), sentry_sdk.new_scope():
            try:
                act()
            except Exception as error:  # noqa: BLE001
                sentry_sdk.capture_exception(error, **scope)
            return kept.event.get("fingerprint")

    return of


def raising(error: BaseException) -> Callable[[], None]:
    def act() -> None:
        raise error

    return act


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def foreign(module: str, *names: str) -> type[Exception]:
    """A class as a library that is not installed here would define it, its bases first."""
    made: type[Exception] = Exception
    for name in names:
        made = type(name, (made,), {"__module__": module})
    return made


STATEMENTS = (
    "SELECT * FROM missing_orders WHERE id = {n} AND name = 'customer {n}'",
    "UPDATE missing_stock SET amount = {n} WHERE sku = 'sku-{n}'",
    "INSERT INTO missing_audit (who, what) VALUES ('user{n}@example.com', {n})",
)
GROUPS = {"select missing_orders", "update missing_stock", "insert missing_audit"}


@pytest.mark.django_db
@pytest.mark.parametrize("bound", [False, True])
def test_three_statements_with_twenty_literals_give_three_groups_in_django(group: Any, bound: bool) -> None:
    def run(statement: str) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, [] if bound else None)

    found = {tuple(group(lambda s=s, n=n: run(s.format(n=n)))) for s in STATEMENTS for n in range(20)}
    assert found == {("database@1", kind) for kind in GROUPS}


def test_the_same_goes_for_a_driver_without_frames_of_its_own(group: Any) -> None:
    def run(statement: str) -> None:
        sqlite3.connect(":memory:").execute(statement)

    found = {tuple(group(lambda s=s, n=n: run(s.format(n=n)))) for s in STATEMENTS for n in range(20)}
    assert found == {("database@1", kind) for kind in GROUPS}


def test_a_statement_written_in_the_failing_line_is_found_too(group: Any) -> None:
    def run(n: int) -> None:
        sqlite3.connect(":memory:").execute(f"DELETE FROM missing_carts WHERE id = {n}")

    assert {tuple(group(lambda n=n: run(n))) for n in range(5)} == {("database@1", "delete missing_carts")}


def test_of_several_statements_at_hand_the_named_one_counts(group: Any) -> None:
    def run(statement: str) -> None:
        before = "SELECT 1 FROM something_else"
        sqlite3.connect(":memory:").execute(statement, before and [])

    assert group(lambda: run("DELETE FROM missing")) == ["database@1", "delete missing"]


STATED = "SELECT * FROM missing_one WHERE id = ?"
KNOWN = {"first": "DELETE FROM missing_two WHERE id = ?", "second": ["UPDATE missing_three SET a = ?"]}


class Repository:
    FIND = "SELECT * FROM missing_four WHERE id = ?"

    def __init__(self) -> None:
        self.database = sqlite3.connect(":memory:")
        self.add = "INSERT OR IGNORE INTO missing_five VALUES (?)"

    def run(self, n: int, form: str) -> None:
        unrelated = "DROP TABLE users"
        lock = f"LOCK TABLE t{n}" if unrelated else ""
        execute = self.database.execute
        match form:
            case "global":
                execute(STATED, (n,))
            case "item":
                execute(KNOWN["first"], (n,))
            case "item of item":
                execute(KNOWN["second"][0], (n,))
            case "of the class":
                execute(self.FIND, (n,))
            case "of the object":
                self.database.executemany(
                    self.add,
                    [(n,), (lock,)],
                )
            case "formatted":
                execute("REPLACE INTO missing_six VALUES ({})".format(n))  # noqa: UP032
            case "interpolated":
                table = "missing_seven"
                execute(f"ALTER TABLE {table} ADD c{n} int")
            case "escaped":
                execute("SELECT *\nFROM missing_twelve\tWHERE a REGEXP '\\d'")
            case "joined":
                execute("SELECT * " + f"FROM missing_eight WHERE id = {n}")
            case "script":
                self.database.executescript("DELETE FROM missing_nine; DELETE FROM missing_ten")
            case "percent":
                execute("TRUNCATE missing_eleven %s" % n)  # noqa: UP031


@pytest.mark.parametrize(
    ("form", "kind"),
    [
        ("global", "select missing_one"),
        ("item", "delete missing_two"),
        ("item of item", "update missing_three"),
        ("of the class", "select missing_four"),
        ("of the object", "insert missing_five"),
        ("formatted", "replace missing_six"),
        ("interpolated", "alter missing_seven"),
        ("escaped", "select missing_twelve"),
        ("joined", "select missing_eight"),
        ("script", "delete missing_nine, missing_ten"),
        ("percent", "truncate missing_eleven"),
    ],
)
def test_the_failing_call_is_read_for_its_statement(group: Any, form: str, kind: str) -> None:
    repository = Repository()
    assert {tuple(group(lambda n=n: repository.run(n, form))) for n in range(3)} == {("database@1", kind)}


def test_where_the_source_is_gone_the_function_decides(group: Any) -> None:
    scope: dict[str, Any] = {"connection": sqlite3.connect(":memory:")}
    exec(compile("def run():\n    connection.execute('SELECT * FROM missing')", "<gone>", "exec"), scope)
    assert group(scope["run"])[1].endswith("run")


def test_a_query_that_went_well_before_does_not_decide(group: Any) -> None:
    def act() -> None:
        sentry_sdk.add_breadcrumb(category="query", message="SELECT 1 FROM other")
        raise sqlite3.OperationalError("database is locked")

    assert group(act)[1].endswith("act")


def test_a_call_that_went_well_before_does_not_decide(group: Any) -> None:
    def act() -> None:
        sentry_sdk.add_breadcrumb(type="http", category="httplib", data={"url": "https://other.example/1"})
        raise redis.TimeoutError("Timeout connecting to server")

    assert group(act)[1].startswith("redis in ")


def test_addresses_that_fail_to_show_themselves_are_no_hosts(group: Any) -> None:
    class URL:
        def __str__(self) -> str:
            raise RuntimeError("not now")

    error = httpx.ReadTimeout("timed out")
    error.url = URL()  # type: ignore[attr-defined]
    assert group(raising(error))[1].startswith("httpx in ")


def test_exceptions_that_fail_to_tell_are_grouped_all_the_same(group: Any) -> None:
    class Unwilling(sqlite3.OperationalError):
        @property
        def statement(self) -> str:
            raise RuntimeError("not now")

    assert group(raising(Unwilling("x")))[0] == "database@1"


def test_so_is_one_on_the_lines_below(group: Any) -> None:
    def run(n: int) -> None:
        sqlite3.connect(":memory:").execute(
            f"""
            UPDATE missing_carts SET n = {n}
            """
        )

    assert {tuple(group(lambda n=n: run(n))) for n in range(5)} == {("database@1", "update missing_carts")}


def test_where_no_statement_is_known_the_function_decides(group: Any) -> None:
    found = group(raising(sqlite3.OperationalError("database is locked")))
    assert found == ["database@1", f"{HERE}.raising.<locals>.act"] or found == ["database@1", f"{HERE}.act"]


def test_a_database_that_is_away_is_one_group_whatever_was_asked(group: Any) -> None:
    port = closed_port()

    def connect(name: str) -> None:
        psycopg.connect(f"postgresql://app:hunter2@127.0.0.1:{port}/{name}", connect_timeout=2)

    assert {tuple(group(lambda n=n: connect(f"db{n}"))) for n in range(3)} == {("database@1", "connect")}


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (foreign("sqlalchemy.exc", "StatementError", "DBAPIError", "IntegrityError"), "insert users"),
        (foreign("asyncpg.exceptions", "PostgresError", "UniqueViolationError"), "insert users"),
        (foreign("psycopg2.errors", "UniqueViolation"), "insert users"),
        (foreign("pymysql.err", "MySQLError", "OperationalError"), "insert users"),
    ],
)
def test_drivers_tell_the_statement_in_their_own_ways(group: Any, error: type[Exception], kind: str) -> None:
    statement = "INSERT INTO users (email) VALUES ('ana@example.com')"
    raised = error("duplicate key")
    match error.__module__.partition(".")[0]:
        case "sqlalchemy":
            raised.statement = statement  # type: ignore[attr-defined]
        case "asyncpg":
            raised.query = statement  # type: ignore[attr-defined]
        case "psycopg2":
            raised.cursor = type("Cursor", (), {"query": statement.encode()})()  # type: ignore[attr-defined]
        case _:
            raised = error(f"duplicate key\n[SQL: {statement}]")
    assert group(raising(raised)) == ["database@1", kind]


@pytest.mark.postgres
@pytest.mark.skipif(postgres.binaries() is None, reason=postgres.MISSING)
def test_a_postgresql_driver_tells_its_statements_whatever_form_they_have(group: Any) -> None:
    def run(n: int, form: str) -> None:
        with psycopg.connect(url) as connection:
            match form:
                case "text":
                    connection.execute(f"SELECT * FROM missing WHERE id = {n}")
                case "bytes":
                    connection.execute(b"UPDATE missing SET a = %s", [n])
                case "composed":
                    connection.execute(sql.SQL("DELETE FROM {} WHERE id = %s").format(sql.Identifier("missing")), [n])
                case "many":
                    connection.cursor().executemany("INSERT INTO missing VALUES (%s)", [[n], [n + 1]])

    with postgres.server() as url:
        found = {form: {tuple(group(lambda f=form, n=n: run(n, f))) for n in range(3)} for form in FORMS}
    assert found == {form: {("database@1", kind)} for form, kind in FORMS.items()}


FORMS = {"text": "select missing", "bytes": "update missing", "composed": "delete missing", "many": "insert missing"}


def closed(host: str) -> str:
    return f"http://{host}:{closed_port()}"


@pytest.mark.parametrize(
    "get",
    [
        pytest.param(lambda url: httpx.get(url, timeout=2), id="httpx"),
        pytest.param(lambda url: requests.get(url, timeout=2), id="requests"),
        pytest.param(lambda url: urllib.request.urlopen(url, timeout=2), id="urllib"),
        pytest.param(
            lambda url: socket.create_connection(("127.0.0.1", int(url.split(":")[2][:5].split("/")[0])), 2),
            id="socket",
        ),
    ],
)
def test_two_hosts_with_many_paths_give_two_groups(group: Any, get: Callable[[str], Any]) -> None:
    hosts = [closed("127.0.0.1"), closed("127.0.0.1")]
    found = [group(lambda u=f"{host}/orders/{n}?token=t{n}": get(u)) for host in hosts for n in range(5)]

    assert {tuple(one) for one in found} == {("external@1", host.removeprefix("http://")) for host in hosts}


def test_an_error_answer_belongs_to_the_host_that_gave_it(group: Any, sink: Any) -> None:
    base = sink.dsn.replace("public@", "").rpartition("/")[0]

    def ask(path: str) -> None:
        httpx.get(f"{base}/{path}").raise_for_status()

    def ask_too(path: str) -> None:
        requests.get(f"{base}/{path}", timeout=5).raise_for_status()

    found = {tuple(group(lambda f=f, n=n: f(f"users/{n}"))) for f in (ask, ask_too) for n in range(3)}
    assert found == {("external@1", base.removeprefix("http://"))}


def test_the_callers_variables_tell_the_host_of_an_error_it_raised_itself(group: Any) -> None:
    def call(url: str) -> None:
        raise requests.ConnectionError("no answer")

    assert group(lambda: call("https://api.example.com/v1/orders/7")) == ["external@1", "api.example.com"]


def test_so_do_the_variables_of_the_function_that_called_it(group: Any) -> None:
    def fail(reason: str) -> None:
        raise requests.ConnectionError(reason)

    def call(target: str, path: str) -> None:
        fail(f"no answer from {path}")

    hosts = ("api.example.com", "pay.example.com")
    found = {tuple(group(lambda h=h, n=n: call(f"https://{h}", f"/v1/{n}"))) for h in hosts for n in range(3)}
    assert found == {("external@1", host) for host in hosts}


def test_redis_and_mail_servers_are_services(group: Any) -> None:
    port = closed_port()
    store = redis.Redis.from_url(f"redis://:hunter2@127.0.0.1:{port}/0")

    assert group(lambda: store.get("user:1")) == ["external@1", f"127.0.0.1:{port}"]
    assert group(lambda: store.incr("user:2")) == ["external@1", f"127.0.0.1:{port}"]
    assert group(lambda: smtplib.SMTP("127.0.0.1", port, timeout=2)) == ["external@1", f"127.0.0.1:{port}"]


def test_services_whose_errors_name_no_host_are_named_by_their_package(group: Any) -> None:
    card = foreign("stripe", "StripeError", "CardError")
    assert group(raising(card("Your card was declined: 4242"))) == ["external@1", "stripe"]


def test_cloud_clients_are_told_apart_by_their_endpoint(group: Any) -> None:
    error = foreign("botocore.exceptions", "BotoCoreError", "EndpointConnectionError")("x")
    error.kwargs = {"endpoint_url": "https://sqs.eu-west-1.amazonaws.com/123/orders"}  # type: ignore[attr-defined]
    assert group(raising(error)) == ["external@1", "sqs.eu-west-1.amazonaws.com"]


def test_a_timeout_that_concerns_no_host_is_left_to_sentry(group: Any) -> None:
    assert group(raising(TimeoutError("the lock was held too long"))) is None


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
    assert scheme_of(error) is scheme


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
    assert service_of((), [{"value": text}], {}, "httpx") == ""


def test_scrubbing_does_not_change_the_group(group: Any) -> None:
    def act(secret: str) -> None:
        sqlite3.connect(":memory:").execute(f"SELECT * FROM missing_users WHERE password = '{secret}'")

    assert {tuple(group(lambda s=s: act(s))) for s in ("hunter2-a", "hunter2-b")} == {
        ("database@1", "select missing_users")
    }
