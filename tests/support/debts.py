"""Notices to owe, numbered, owing them, and whether any are owed."""

from datetime import UTC, datetime

from django.db import connection

from alerting.outbox import queue
from alerting.outbox.message import Kind, Notice
from alerting.outbox.models import Message

NOON = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
_OWED = f"SELECT EXISTS (SELECT 1 FROM {Message._meta.db_table} WHERE state IN ('pending', 'sending'))"


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


def is_anything_owed() -> bool:
    """As `queue.anything`, of all channels at once and cheap enough to be asked at every step of a simulation."""
    with connection.cursor() as cursor:
        cursor.execute(_OWED)
        return bool(cursor.fetchone()[0])
