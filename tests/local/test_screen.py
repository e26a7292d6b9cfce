"""The screen of `alerting up`: harmless whatever comes from outside, and quiet about what was said already."""

import io
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console

from alerting.local.programs import StopAsked
from alerting.local.screen import SAID_AGAIN, Screen
from alerting.local.up import Up

NOW = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)


@pytest.fixture
def printed() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def screen(printed: io.StringIO) -> Screen:
    return Screen(Console(file=printed, highlight=False, soft_wrap=True, color_system=None))


def test_an_event_is_one_line_with_its_time(screen: Screen, printed: io.StringIO) -> None:
    screen.event("incident", "begins\nreally", now=NOW)
    assert printed.getvalue() == "12:00:00  incident  begins really\n"


def test_nothing_from_outside_reaches_the_terminal_as_it_is(screen: Screen, printed: io.StringIO) -> None:
    hostile = "\x1b[2J\x1b]0;owned\x07[bold]text[/bold]\r"
    screen.event("shop", hostile, now=NOW)
    screen.quote([hostile])
    assert not set(printed.getvalue()) & {"\x1b", "\x07", "\r"}
    assert printed.getvalue().count("[bold]text[/bold]") == 2


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("[2026-01-01 12:00:00,123: WARNING/MainProcess] lost the broker", "warning: lost the broker"),
        ("[2026-01-01 12:00:00,123: ERROR/ForkPoolWorker-1] it broke", "error: it broke"),
        ("[2026-01-01 12:00:00,123: CRITICAL/MainProcess] worse", "critical: worse"),
        ("[2026-01-01 12:00:00,123: INFO/MainProcess] Task succeeded", ""),
        ("Traceback (most recent call last):", ""),
        ("", ""),
    ],
)
def test_of_a_log_only_warnings_and_errors_are_shown(
    line: str, shown: str, screen: Screen, printed: io.StringIO
) -> None:
    screen.log_line("worker", line, now=NOW)
    assert printed.getvalue() == (f"12:00:00  worker    {shown}\n" if shown else "")


def test_the_same_reason_is_told_once_and_again_after_a_while(screen: Screen, printed: io.StringIO) -> None:
    for later in (timedelta(), timedelta(seconds=15), SAID_AGAIN):
        for what in ("errors", "new issues"):
            line = f"[x: WARNING/x] {what} could not be read: Sentry is away".replace("x", "2026-01-01 12:00:00,123", 1)
            screen.log_line("worker", line, now=NOW + later)
    assert printed.getvalue().count("Sentry is away") == 2


def test_long_words_fold_and_long_links_are_cut(screen: Screen, printed: io.StringIO) -> None:
    screen.quote(["word " * 60, "https://sentry.example.com/" + "x" * 300])
    lines = printed.getvalue().splitlines()
    assert len(lines) > 2 and all(len(line) <= 110 for line in lines)
    assert lines[-1].endswith("…")


class InterruptedOnce(io.StringIO):
    """Output during whose first line somebody asks to stop."""

    is_asked = False

    def flush(self) -> None:
        super().flush()
        if not self.is_asked:
            self.is_asked = True
            raise StopAsked


def test_a_line_that_was_printed_when_one_asked_to_stop_is_not_printed_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    printed = InterruptedOnce()
    monkeypatch.setattr(sys, "stdout", printed)
    monkeypatch.setattr("alerting.local.programs.Programs.stop_on_signals", lambda _: None)
    monkeypatch.setattr(Up, "_start", lambda up: up._screen.plain("the first tick"))
    Up(tmp_path).run()
    assert printed.getvalue() == "  the first tick\n\n  Stopping…\n  Everything has stopped.\n"
