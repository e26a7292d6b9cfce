"""Fixtures for the real SDK: a sink to send to, a clean process before and after, and swallowed errors made loud."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sentry_sdk
import sentry_sdk.utils
from sentry_sdk.transport import Transport

from alerting.sentry import init_sentry
from tests.sentry.sink import Sink, running_sink

VARIABLES = ("DSN", "DSN_FILE", "ENVIRONMENT", "TRACES_SAMPLE_RATE", "PROFILES_SAMPLE_RATE", "RELEASE", "DEBUG")


class Kept(Transport):
    """Keeps envelopes in memory: for tests of what is made, not of how it travels."""

    def __init__(self) -> None:
        super().__init__({"dsn": "https://public@sentry.invalid/1"})
        self.envelopes: list[Any] = []

    def capture_envelope(self, envelope: Any) -> None:
        self.envelopes.append(envelope)

    def of(self, kind: str) -> list[Any]:
        return [item.payload.json for one in self.envelopes for item in one.items if item.type == kind]

    @property
    def event(self) -> Any:
        (event,) = self.of("event")
        return event

    @property
    def attachments(self) -> list[Any]:
        return [item for one in self.envelopes for item in one.items if item.type == "attachment"]


def forget_everything() -> None:
    client = sentry_sdk.get_client()
    client.close(timeout=0)
    sentry_sdk.get_global_scope().set_client(None)
    for scope in (sentry_sdk.get_global_scope(), sentry_sdk.get_isolation_scope(), sentry_sdk.get_current_scope()):
        scope.clear()


@pytest.fixture
def fresh_sdk(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """A process that never heard of Sentry. Errors the SDK side swallowed are raised at the end; clear to expect."""
    for name in VARIABLES:
        monkeypatch.delenv(f"SENTRY_{name}", raising=False)
    monkeypatch.delenv("APP_VERSION", raising=False)
    swallowed: list[Any] = []
    monkeypatch.setattr(sentry_sdk.utils, "capture_internal_exception", swallowed.append)
    forget_everything()
    yield swallowed
    forget_everything()
    assert not swallowed, f"swallowed: {swallowed}"


@pytest.fixture
def sink() -> Iterator[Sink]:
    with running_sink() as running:
        yield running
        # What is still on its way arrives: the SDK's own thread must not meet a closed door.
        sentry_sdk.get_client().close(timeout=2)


@pytest.fixture
def started(fresh_sdk: list[Any]) -> Callable[..., Kept]:
    """`started(**options)` switches Sentry on with a transport that keeps what would be sent."""

    def start(**options: Any) -> Kept:
        kept = Kept()
        assert init_sentry(**{"dsn": "https://public@sentry.invalid/1", "transport": kept, **options})
        return kept

    return start


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


def failing(message: str = "no stock") -> Exception:
    """An error with a traceback of two frames."""
    try:
        deeper(message)
    except LookupError as error:
        return error
    raise AssertionError


def deeper(message: str) -> None:
    raise LookupError(message)
