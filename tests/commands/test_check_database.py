"""`alerting check` on the database: a server that refuses us is told apart from one that is away."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from alerting.commands import database_refusals
from tests.commands.conftest import Run
from tests.support import postgres

pytestmark = [
    pytest.mark.xdist_group("check-database"),
    pytest.mark.postgres,
    pytest.mark.skipif(postgres.binaries() is None, reason=postgres.MISSING),
]
RULES = """\
local all all trust
host all nologin 127.0.0.1/32 trust
host all barred 127.0.0.1/32 reject
host all all 127.0.0.1/32 scram-sha-256
"""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The host and port of a cluster that wants passwords."""
    with postgres.server() as url:
        with contextlib.closing(psycopg.connect(url, autocommit=True)) as admin:
            admin.execute("create role app login password 'right-password-5531'")
            admin.execute("create role nologin")
            (hba,) = admin.execute("show hba_file").fetchone() or ("",)
            Path(hba).write_text(RULES)
            admin.execute("select pg_reload_conf()")
        yield url.rpartition("@")[2].partition("/")[0]


def refusal(url: str) -> tuple[str, str]:
    with pytest.raises(psycopg.OperationalError) as caught:
        psycopg.connect(url, connect_timeout=5)
    return database_refusals.explain(" ".join(str(caught.value).split()))


@pytest.mark.parametrize(
    ("login", "rest", "meaning"),
    [
        ("app:wrong-topsecret", "/postgres", "it answers, but refuses the password of the user app"),
        ("app", "/postgres", "it answers, and wants a password"),
        ("nobody:wrong-topsecret", "/postgres", "it answers, but refuses the password of the user nobody"),
        ("app:right-password-5531", "/nothing", "it answers, but has no database nothing"),
        ("nologin", "/postgres", "it answers, but its role nologin may not log in"),
        ("app:right-password-5531", "/postgres?sslmode=require", "it answers, but without the TLS"),
    ],
)
def test_a_server_that_refuses_us_is_not_to_be_started(server: str, login: str, rest: str, meaning: str) -> None:
    said, advice = refusal(f"postgresql://{login}@{server}{rest}")
    assert said.startswith(meaning) and "topsecret" not in said + advice
    assert "Start it" not in advice and "DATABASE_URL" in advice


def test_a_server_that_is_away_is_to_be_started() -> None:
    assert refusal("postgresql://app@127.0.0.1:1/x")[1].startswith("Start it")


def test_a_name_nobody_knows_is_named() -> None:
    assert refusal("postgresql://app@nowhere.invalid/x")[0] == "the name nowhere.invalid could not be resolved"


@pytest.mark.parametrize("command", ["check", "migrate", "health"])
def test_every_command_says_so(server: str, run: Run, command: str) -> None:
    done = run(command, DATABASE_URL=f"postgres://app:wrong-topsecret@{server}/postgres")
    said = done.stdout + done.stderr
    assert done.returncode == 1 and "refuses the password of the user app" in said
    assert "topsecret" not in said and "Traceback" not in said
