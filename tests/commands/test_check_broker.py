"""`alerting check` on Redis: a server that refuses us is told apart from one that is away, against a real one."""

from collections.abc import Iterator

import pytest
import redis

from alerting.commands.probes import broker
from alerting.config import load
from alerting.findings import Finding, Status
from tests.support.service import broker as server

# One worker, so that what the whole file shares is made once.
pytestmark = pytest.mark.xdist_group("check-broker")

PASSWORD = "right-password-5531"


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A server with a password, and with users that may do less than a queue needs."""
    with server() as running:
        number = running.port
        redis.Redis(port=number).config_set("requirepass", PASSWORD)
        admin = redis.Redis(port=number, password=PASSWORD)
        for name, rules in {"pinger": ("+ping", "~*"), "elsewhere": ("+@all", "~other:*")}.items():
            admin.execute_command("ACL", "SETUSER", name, "on", f">{PASSWORD}", *rules)
        yield number


def look(port: int, login: str = "", database: int = 0, scheme: str = "redis") -> Finding:
    found = broker.probe(load({"CELERY_BROKER_URL": f"{scheme}://{login}127.0.0.1:{port}/{database}"}))
    assert PASSWORD not in found.said + found.advice and "wrong-topsecret" not in found.said + found.advice
    return found


@pytest.mark.parametrize(
    ("login", "said"),
    [
        ("", "wants a password"),
        (":wrong-topsecret@", "refuses the login of the user default: wrong password"),
        ("nobody:wrong-topsecret@", "refuses the login of the user nobody"),
        (f"pinger:{PASSWORD}@", "lets the user pinger in, but not do everything a queue needs"),
        (f"elsewhere:{PASSWORD}@", "lets the user elsewhere in, but not do everything"),
    ],
)
def test_a_login_that_is_refused_is_no_server_to_be_started(port: int, login: str, said: str) -> None:
    found = look(port, login)
    assert found.status is Status.FAIL and said in found.said
    assert "does not answer" not in found.said and "Start it" not in found.advice
    assert "CELERY_BROKER_URL" in found.advice


def test_the_right_password_passes_and_leaves_no_key_behind(port: int) -> None:
    assert look(port, f":{PASSWORD}@").status is Status.PASS
    assert redis.Redis(port=port, password=PASSWORD).keys("*check*") == []


def test_a_database_that_does_not_exist_is_named(port: int) -> None:
    assert "has no database 99" in look(port, f":{PASSWORD}@", database=99).said


def test_tls_to_a_server_without_leads_to_the_scheme(port: int) -> None:
    assert "redis:// where it does not" in look(port, f":{PASSWORD}@", scheme="rediss").advice


@pytest.mark.parametrize(
    ("change", "back", "said"),
    [
        (("REPLICAOF", "127.0.0.1", "1"), ("REPLICAOF", "NO", "ONE"), "read-only replica"),
        (("CONFIG", "SET", "maxmemory", "1"), ("CONFIG", "SET", "maxmemory", "0"), "is full"),
    ],
)
def test_a_server_that_takes_nothing_is_not_passed_for_its_answer_to_a_ping(
    port: int, change: tuple[str, ...], back: tuple[str, ...], said: str
) -> None:
    admin = redis.Redis(port=port, password=PASSWORD)
    admin.execute_command(*change)
    try:
        found = look(port, f":{PASSWORD}@")
    finally:
        admin.execute_command(*back)
    assert found.status is Status.FAIL and said in found.said


def test_a_server_that_is_away_is_to_be_started() -> None:
    found = look(1, ":wrong-topsecret@")
    assert "does not answer" in found.said and found.advice.startswith("Start it")
