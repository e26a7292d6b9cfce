"""Errors of databases are one group for each kind of query, however a driver tells its statement."""

import sqlite3
from typing import Any

import httpx
import psycopg
import pytest
import redis
import sentry_sdk
from django.db import connection, transaction
from psycopg import sql

from tests.sentry.faults import closed_port, foreign, raising
from tests.support import postgres

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
    names = ("act", "raising.<locals>.act")  # by the SDK's version
    assert found in [["database@1", f"{raising.__module__}.{name}"] for name in names]


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
