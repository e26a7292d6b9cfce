"""Hostile text from Sentry in the terminal and in logs: it moves no cursor, hides nothing and starts no line."""

import io
import logging
import re
import unicodedata
from collections.abc import Callable
from contextlib import redirect_stdout, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from typer import Exit

from alerting import redaction
from alerting.commands import explain, health, incident_commands, outbox, show_command
from alerting.commands.probes import broker
from alerting.incidents.models import Evaluator, Incident, Tick
from alerting.outbox.clean import clean
from alerting.outbox.models import Channel, Message
from alerting.rules.model import Issue, Project
from tests.notifiers.hostile import texts
from tests.support.pipeline import World

NOON = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
few = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


def printed(command: Callable[..., None], *arguments: Any) -> str:
    written = io.StringIO()
    with redirect_stdout(written), suppress(Exit):
        command(*arguments)
    return written.getvalue()


def assert_harmless(text: str, where: str) -> None:
    bad = {char for char in text if char != "\n" and unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"}}
    assert not bad, f"{bad!r} in {where}"


@pytest.fixture
def empty_tables(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables for the examples to fill, and no broker, which nobody waits for."""

    def ask(*_: object) -> None:
        raise broker.RefusedError("it does not answer", "start it")

    monkeypatch.setattr(broker, "ask", ask)


# Each example lives through two ticks and asks a dozen commands.
@settings(few, max_examples=12)
@given(hostile=texts)
def test_no_command_lets_hostile_text_out_of_its_place(hostile: str, empty_tables: None) -> None:
    for model in (Message, Incident, Evaluator, Tick, Channel):
        model.objects.all().delete()
    name = hostile.encode("utf-8", "ignore").decode().replace("\0", "")[:20]
    Channel.objects.create(name=name, leased_until=NOON, open_at=NOON)
    world = World(NOON)
    world.run(timedelta(seconds=15))
    project = Project("1", clean(hostile, 100) or "x")
    world.source.add_errors(project, 20, world.now)
    world.source.issues = [Issue("7", hostile, hostile, hostile, hostile, hostile, world.now, project)]
    world.slack.errors = [None, OSError(hostile)]
    world.now += timedelta(seconds=1)
    world.run(timedelta(seconds=15))
    faults = {"errors": clean(hostile)}
    Evaluator.objects.update(memory={"sight": {"good": {}, "faults": faults}})
    Message.objects.update(error=clean(hostile, 500))
    shown = {
        "explain": printed(explain.explain, None),
        "health": printed(health.health),
        "outbox list": printed(outbox.list_messages, True, 50),
        "incidents": printed(incident_commands.incidents, True, 50),
        **{f"show {each.pk}": printed(show_command.show, each.pk, False) for each in Incident.objects.all()},
        **{f"show {each.pk} --json": printed(show_command.show, each.pk, True) for each in Incident.objects.all()},
        **{f"explain {each.pk}": printed(explain.explain, each.pk) for each in Incident.objects.all()},
        **{f"outbox show {each.pk}": printed(outbox.show, each.pk) for each in Message.objects.all()},
    }
    assert len(shown) >= 6
    for where, text in shown.items():
        assert text, where
        assert_harmless(text, where)
    assert len(shown["explain"].splitlines()) == 2 + 1 + Incident.objects.count() + 1


def log_lines(*written: tuple[str, tuple[object, ...]]) -> str:
    sink = io.StringIO()
    logger = logging.Logger("hostile")
    handler = logging.StreamHandler(sink)
    handler.setFormatter(logging.Formatter("[%(levelname)s] %(message)s"))
    logger.addHandler(handler)
    redaction.install(logger, ("secret-secret",))
    for message, arguments in written:
        logger.warning(message, *arguments)
    return sink.getvalue()


@few
@given(texts)
def test_no_log_record_lets_hostile_text_look_like_another_record(hostile: str) -> None:
    logged = log_lines(("could not be read: %s", (f"{hostile}\n[ERROR] forged",)), ("next", ()))
    assert_harmless(logged, "the log")
    assert [line for line in logged.split("\n") if line and not line.startswith(" ")] == [
        line for line in logged.split("\n") if re.match(r"\[WARNING\] (could not be read|next)", line)
    ]


def test_what_is_spelled_out_in_a_log_can_be_read_and_other_alphabets_stay() -> None:
    logged = log_lines(("%s", ("\x1b[31mred\u202e\ttab\ud800 größer 日本語 👍🏽",)))
    assert logged == "[WARNING] \\x1b[31mred\\u202e\\ttab\\ud800 größer 日本語 👍🏽\n"


def test_a_traceback_in_a_log_stays_readable() -> None:
    sink = io.StringIO()
    logger = logging.Logger("traceback")
    logger.addHandler(logging.StreamHandler(sink))
    redaction.install(logger, ())
    try:
        int("\x1b[2J")
    except ValueError:
        logger.exception("it failed")
    assert sink.getvalue().startswith("it failed\n  Traceback (most recent call last):\n")
    assert "\n  ValueError: invalid literal" in sink.getvalue()
    assert_harmless(sink.getvalue(), "the traceback")
