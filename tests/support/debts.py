"""Notices to owe, numbered, and owing them."""

from datetime import UTC, datetime

from alerting.outbox import queue
from alerting.outbox.message import Kind, Notice

NOON = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)


def notice(number: int = 1, *, rule: str = "critical_errors", severity: str = "high", sequence: int = 1) -> Notice:
    return Notice(
        kind=Kind.FIRST,
        key=f"key-{number}",
        headline=f"{number + 10} errors in 5 min",
        sentence="Over the threshold.",
        severity=severity,
        at="2026-01-01T12:00:00Z",
        rule=rule,
        rule_title="Critical errors",
        project=f"app-{number}",
        value=f"{number + 10} errors",
        threshold="10 errors",
        sequence=sequence,
    )


def owe(*notices: Notice, channel: str = "slack", rank: int = 0, at: datetime = NOON) -> None:
    queue.owe([queue.Debt(each, channel, rank) for each in notices], at)
