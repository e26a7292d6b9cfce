"""The screen of `alerting up`: harmless whatever comes from outside, and quiet about what was said already."""

import io
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from alerting.local.story import SAID_AGAIN, Story

NOW = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)


@pytest.fixture
def screen() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def story(screen: io.StringIO) -> Story:
    return Story(Console(file=screen, highlight=False, soft_wrap=True, color_system=None))


def test_an_event_is_one_line_with_its_time(story: Story, screen: io.StringIO) -> None:
    story.event("incident", "begins\nreally", now=NOW)
    assert screen.getvalue() == "12:00:00  incident  begins really\n"


def test_nothing_from_outside_reaches_the_terminal_as_it_is(story: Story, screen: io.StringIO) -> None:
    hostile = "\x1b[2J\x1b]0;owned\x07[bold]text[/bold]\r"
    story.event("shop", hostile, now=NOW)
    story.quote([hostile])
    assert not set(screen.getvalue()) & {"\x1b", "\x07", "\r"}
    assert screen.getvalue().count("[bold]text[/bold]") == 2


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
def test_of_a_log_only_warnings_and_errors_are_shown(line: str, shown: str, story: Story, screen: io.StringIO) -> None:
    story.log_line("worker", line, now=NOW)
    assert screen.getvalue() == (f"12:00:00  worker    {shown}\n" if shown else "")


def test_the_same_reason_is_told_once_and_again_after_a_while(story: Story, screen: io.StringIO) -> None:
    for later in (timedelta(), timedelta(seconds=15), SAID_AGAIN):
        for what in ("errors", "new issues"):
            line = f"[x: WARNING/x] {what} could not be read: Sentry is away".replace("x", "2026-01-01 12:00:00,123", 1)
            story.log_line("worker", line, now=NOW + later)
    assert screen.getvalue().count("Sentry is away") == 2


def test_long_words_fold_and_long_links_are_cut(story: Story, screen: io.StringIO) -> None:
    story.quote(["word " * 60, "https://sentry.example.com/" + "x" * 300])
    lines = screen.getvalue().splitlines()
    assert len(lines) > 2 and all(len(line) <= 110 for line in lines)
    assert lines[-1].endswith("…")
