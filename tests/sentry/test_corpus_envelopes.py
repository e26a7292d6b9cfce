"""The corpus through the real SDK: what is searched for secrets are the bytes that would travel."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
import sentry_sdk

from tests.sentry.corpus import Row
from tests.sentry.corpus import rows as all_rows
from tests.sentry.sdk import Kept
from tests.sentry.test_corpus import is_given_up


def rows() -> list[Row]:
    return [row for row in all_rows() if not is_given_up(row)]


# These kinds have hooks of their own and do not pass through `capture_event`.
ELSEWHERE = {"logs", "metrics", "check-ins", "spans"}
PLACES = sorted({row.place for row in rows() if row.secrets} - ELSEWHERE)


def sent(kept: Kept, event: dict[str, Any]) -> str:
    """The envelope an event leaves in, as text."""
    kept.envelopes.clear()
    assert sentry_sdk.capture_event(event), "the event was lost"
    (envelope,) = kept.envelopes
    return str(envelope.serialize().decode())


def left(row: Row, envelope: str) -> list[str]:
    """Secrets that can be read in it; the short ones are left to the corpus itself: they are in every id by chance."""
    return [secret for secret in row.secrets if len(secret) > 4 and secret in envelope]


def odd_for_the_sdk(row: Row) -> bool:
    """The SDK adds breadcrumbs of its own to those of an event, which therefore cannot be a plain list."""
    return isinstance(row.event.get("breadcrumbs"), list)


@pytest.mark.parametrize("place", PLACES)
def test_no_secret_of_an_event_travels(started: Callable[..., Kept], place: str) -> None:
    kept = started(attach_stacktrace=False, default_integrations=False)
    of_place = [row for row in rows() if row.secrets and row.place == place and not odd_for_the_sdk(row)]
    leaking = {row.name: found for row in of_place if (found := left(row, sent(kept, {**row.event})))}
    assert not leaking


def test_no_secret_of_a_transaction_travels(started: Callable[..., Kept]) -> None:
    kept = started(attach_stacktrace=False, default_integrations=False)
    of_place = [row for row in rows() if row.secrets and row.place == "spans"]
    leaking = {row.name: found for row in of_place if (found := left(row, sent(kept, {**row.event})))}
    assert not leaking


def variables(row: Row) -> dict[str, Any]:
    """What a function that handles such data holds in its variables."""
    request = row.event.get("request", {})
    held = {name: row.event[name] for name in ("extra", "user", "tags", "message") if name in row.event}
    held |= {name: request[name] for name in ("headers", "cookies", "data", "query_string", "env") if name in request}
    return held.pop("extra", {}) | held if isinstance(held.get("extra", {}), dict) else held


@pytest.mark.parametrize("place", sorted({row.place for row in rows() if row.secrets and variables(row)}))
def test_no_secret_travels_that_the_sdk_wrote_as_variables(started: Callable[..., Kept], place: str) -> None:
    kept = started(attach_stacktrace=False, default_integrations=False)
    leaking = {}
    for row in rows():
        if row.secrets and row.place == place and variables(row):
            frame = {"function": "handle", "lineno": 7, "vars": copy.deepcopy(variables(row))}
            event = {"exception": {"values": [{"type": "E", "value": "x", "stacktrace": {"frames": [frame]}}]}}
            if found := left(row, sent(kept, event)):
                leaking[row.name] = found
    assert not leaking


class Gateway:
    def __init__(self, api_key: str) -> None:
        self.api_key = api_key

    def __repr__(self) -> str:
        return f"<Gateway api_key={self.api_key!r} region='eu'>"


class Quiet:
    """The repr every object has: it says nothing of what is inside."""

    def __init__(self, password: str) -> None:
        self.password = password


def test_no_secret_in_the_variables_of_a_real_traceback_travels(started: Callable[..., Kept]) -> None:
    kept = started(default_integrations=False)

    def charge(card_number: int, cvv: str, options: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        gateway = Gateway("lv1key-88a")
        quiet = Quiet("lv2password")
        headers = [(b"host", b"shop.example.com"), (b"authorization", b"Bearer lv3bearer99")]
        form = {"city": "Ulm", "new_password": "lv4password", "nested": {"deep": [{"client_secret": "lv5secret"}]}}
        command = ["mysql", "--user", "shop", "--password", "lv6password"]
        url = "redis://:lv7password@cache:6379/0"
        text = '{"user": {"pwd": "lv8password"}}'
        raw = b"user=mara&password=lv9password"
        statement = "UPDATE u SET api_token = 'lv10token' WHERE id = 7"
        pairs = (("user", "mara"), ("password", "lv11password"))
        assert all((quiet, headers, form, command, text))
        raise RuntimeError(f"charge failed for {url} with {gateway} {len([raw, statement, pairs])}")

    try:
        charge(4916338506082832, "lv12", {"auth": ("mara", "lv13password")}, "x", session_token="lv14token")
    except RuntimeError as error:
        sentry_sdk.capture_exception(error)
    (envelope,) = kept.envelopes
    travelled = envelope.serialize().decode()
    # The source lines of this very function are the test's own text, not data.
    frames = kept.event["exception"]["values"][-1]["stacktrace"]["frames"]
    seen = str([frame["vars"] for frame in frames]) + kept.event["exception"]["values"][-1]["value"]
    secrets = ["lv1key", "lv3bearer", "lv4pass", "lv5sec", "lv6pass", "lv7pass", "lv8pass", "lv9pass", "lv10tok"]
    secrets += ["lv11pass", "lv12", "lv13pass", "lv14tok", "4916338506082832"]
    assert [secret for secret in secrets if secret in seen] == [], seen
    assert "lv2password" not in seen
    assert "shop.example.com" in seen
    assert "'Ulm'" in seen
    assert "charge failed for redis://" in travelled
