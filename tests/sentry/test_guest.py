"""A good guest: what the application passes may fail and stays as it is, and reporting itself is not reported."""

import copy
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import sentry_sdk

from alerting.sentry import ErrorTracker
from tests.sentry.sdk import Kept

SECRET = "hunter2-" + "9f8e7d6c5b"


class Failing:
    def scrub_event(self, event: Any) -> None:
        event["extra"]["seen"] = True
        raise RuntimeError("a bug in the application's scrubber")


class Credentials(NamedTuple):
    user: str
    api_key: str
    order: int


def test_a_named_tuple_keeps_the_names_by_which_its_secrets_are_found(started: Callable[..., Kept]) -> None:
    kept = started()
    held = Credentials("bob", SECRET, 7)
    sentry_sdk.set_extra("seen", [held])
    try:
        held.index("nothing like it")
    except ValueError as error:
        sentry_sdk.capture_exception(error)
    variables = kept.event["exception"]["values"][-1]["stacktrace"]["frames"][-1]["vars"]
    assert variables["held"] == {"user": "bob", "api_key": "[Filtered]", "order": 7}
    assert kept.event["extra"]["seen"] == [{"user": "bob", "api_key": "[Filtered]", "order": 7}]
    assert SECRET not in str(kept.event)


def test_an_applications_scrubber_that_fails_loses_nothing(started: Callable[..., Kept], fresh_sdk: list[Any]) -> None:
    kept = started(event_scrubber=Failing())
    given = {"login": {"password": SECRET}}
    before = copy.deepcopy(given)
    sentry_sdk.set_extra("form", given)
    ErrorTracker.capture_message("hello")

    assert kept.event["extra"]["seen"] is True
    assert SECRET not in str(kept.event)
    assert given == before
    assert [error[0] for error in fresh_sdk] == [RuntimeError]
    fresh_sdk.clear()


def test_with_rules_of_the_applications_own_the_sdks_scrubber_works_too(started: Callable[..., Kept]) -> None:
    kept = started(scrub=lambda event, hint: event)
    sentry_sdk.set_extra("form", {"login": {"password": SECRET}})
    ErrorTracker.capture_message("hello")
    assert SECRET not in str(kept.event)


def fail(*_: Any) -> Any:
    raise RuntimeError("a bug in the application's sampler")


@pytest.mark.parametrize("name", ["traces_sampler", "error_sampler"])
def test_a_sampler_that_fails_does_not_reach_the_application(
    started: Callable[..., Kept], fresh_sdk: list[Any], name: str
) -> None:
    kept = started(**{name: fail})
    with sentry_sdk.start_transaction(name="settle"):
        ErrorTracker.capture_message("hello")
    assert kept.event["message"] == "hello"
    fresh_sdk.clear()


def frames(event: Any) -> list[Any]:
    held = [*event.get("threads", {}).get("values", ()), *event.get("exception", {}).get("values", ())]
    return [frame for one in held for frame in one.get("stacktrace", {}).get("frames", ())]


def log_an_error() -> None:
    logging.getLogger("shop").error("payment of %s failed: token=%s", 17, SECRET)


def send_a_message() -> None:
    ErrorTracker.capture_message("payment failed", context={"order": 17})


def log_an_exception() -> None:
    try:
        {}["stock"]
    except KeyError:
        logging.getLogger("shop").exception("payment of %s failed: token=%s", 17, SECRET)


@pytest.mark.parametrize("report", [log_an_error, send_a_message, log_an_exception])
def test_what_stands_between_a_fault_and_its_report_is_not_on_the_event(
    started: Callable[..., Kept], report: Callable[[], None]
) -> None:
    kept = started()
    report()

    modules = {str(frame["module"]).partition(".")[0] for frame in frames(kept.event)}
    assert not modules & {"logging", "sentry_sdk", "alerting"}
    assert frames(kept.event)[-1]["function"] == report.__name__
    assert SECRET not in str(kept.event)


def test_an_error_of_logging_itself_keeps_its_place(started: Callable[..., Kept]) -> None:
    kept = started()
    try:
        logging.getLogger("shop").setLevel("LOUD")
    except ValueError as error:
        ErrorTracker.capture_exception(error.with_traceback(error.__traceback__ and error.__traceback__.tb_next))

    assert {frame["module"] for frame in frames(kept.event)} == {"logging"}
    assert not any(frame.get("vars") for frame in frames(kept.event))


TEXTS = [
    ("shop.log", f"10:00 started\n10:01 password={SECRET}\n10:02 done\n"),
    ("form.json", f'{{"login": {{"password": "{SECRET}", "page": 2}}}}'),
    ("long.txt", "a plain line\n" * 2_000 + f"password={SECRET}\n" + "a plain line\n" * 2_000),
    ("one-line.txt", f"password={SECRET} " + "x" * 20_000),
    ("shop.env", "GRÖSSE=1\nAPI_KEY=" + SECRET + "\n"),
]


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "utf-16"])
@pytest.mark.parametrize(("name", "text"), TEXTS, ids=[name for name, _ in TEXTS])
@pytest.mark.parametrize("given", ["bytes", "function", "path"])
def test_attached_texts_are_scrubbed(
    started: Callable[..., Kept], tmp_path: Path, name: str, text: str, encoding: str, given: str
) -> None:
    content = text.encode(encoding)
    (tmp_path / name).write_bytes(content)
    ways: dict[str, Any] = {
        "bytes": {"bytes": content, "filename": name},
        "function": {"bytes": lambda: content, "filename": name},
        "path": {"path": str(tmp_path / name)},
    }
    kept = started()
    sentry_sdk.get_isolation_scope().add_attachment(**ways[given])
    ErrorTracker.capture_message("hello")

    (sent,) = kept.attachments
    told = sent.payload.get_bytes().decode(encoding)
    assert SECRET not in told
    assert "[Filtered]" in told
    assert sent.headers["filename"] == name
    assert told.count("a plain line\n") == text.count("a plain line\n")
    assert (tmp_path / name).read_bytes() == content


@pytest.mark.parametrize(
    "content", [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR password=x", b"", b"a plain text\n", b'{"page": 2}']
)
def test_attachments_without_secrets_arrive_as_they_are(started: Callable[..., Kept], content: bytes) -> None:
    kept = started()
    sentry_sdk.get_isolation_scope().add_attachment(bytes=content, filename="x")
    ErrorTracker.capture_message("hello")
    (sent,) = kept.attachments
    assert sent.payload.get_bytes() == content


def test_a_key_in_an_attachment_is_not_divided(started: Callable[..., Kept]) -> None:
    body = "\n".join(["MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj" + "Ab3d" * 6] * 40)
    text = "a plain line\n" * 300 + "-----BEGIN " + f"PRIVATE KEY-----\n{body}\n-----END " + "PRIVATE KEY-----\n"
    kept = started()
    sentry_sdk.get_isolation_scope().add_attachment(bytes=text.encode(), filename="x.txt")
    ErrorTracker.capture_message("hello")
    (sent,) = kept.attachments
    assert b"MIIEvQ" not in sent.payload.get_bytes()


def test_an_attachment_that_cannot_be_read_costs_only_itself(
    started: Callable[..., Kept], fresh_sdk: list[Any]
) -> None:
    kept = started()
    sentry_sdk.get_isolation_scope().add_attachment(path="/nowhere/at/all.txt")
    sentry_sdk.get_isolation_scope().add_attachment(bytes=fail, filename="y.txt")
    sentry_sdk.get_isolation_scope().add_attachment(bytes=b"too long " * 200_000, filename="z.txt")
    ErrorTracker.capture_message("hello")

    assert kept.event["message"] == "hello"
    assert [one.payload.get_bytes()[:10] for one in kept.attachments] == [b"[Filtered]"] * 3
    fresh_sdk.clear()
