"""A signed request is acted on once: the same body again gets the same answer, and nothing happens."""

import contextlib
import hashlib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from django.db import connection, transaction

from alerting.actions.models import AnsweredRequest

# Slack's signature holds from five minutes before its time until five minutes after, by a clock that need not be ours.
KEPT = timedelta(minutes=15)


def answered(body: bytes, act: Callable[[], str], now: datetime, *, seconds: float) -> str:
    """What `act` returns, or what it returned for the same body: its changes and its answer are kept together.

    Raises django.db.Error where the database takes no changes, or makes us wait for another writer for `seconds`.
    """
    digest = hashlib.sha256(body).hexdigest()
    with _waiting_at_most(seconds), transaction.atomic():
        _limit_locks(seconds)
        row, is_new = AnsweredRequest.objects.get_or_create(digest=digest, defaults={"at": now})
        if is_new:
            row.answer = act()
            row.save(update_fields=["answer"])
        return row.answer


@contextlib.contextmanager
def _waiting_at_most(seconds: float) -> Iterator[None]:
    """SQLite: how long a transaction waits to begin belongs to the connection, which goes on to serve others."""
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        (usual,) = cursor.execute("PRAGMA busy_timeout").fetchone()
        cursor.execute(f"PRAGMA busy_timeout = {seconds * 1000:.0f}")
        try:
            yield
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {usual}")


def _limit_locks(seconds: float) -> None:
    """PostgreSQL: the same, for what is left of this transaction."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{seconds * 1000:.0f}ms"])
