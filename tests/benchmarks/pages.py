"""What each page takes the server with ten thousand incidents in history, thirty of them open.

Every incident has its transitions, twelve decisions and two notices with everything in them. Sentry is not asked: its
answer is waited for beside this, once a minute.
"""

import os
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.console import Console
from rich.table import Table

INCIDENTS, OPEN, PROJECTS = 10_000, 30, 300
DECISIONS, TICKS = 12, 5_000
ROUNDS = 30
GOAL_MS = 50
BATCH = 2_000


def main(short: bool = False) -> None:
    """Print the table: server time, queries and size of each page."""
    incidents, rounds = (60, 1) if short else (INCIDENTS, ROUNDS)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        os.environ.update(DJANGO_SETTINGS_MODULE="worker.settings", ALERTING_DATA_DIR=folder)
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        numbers = fill(incidents)
        Console().print(_table(incidents, rounds, numbers))


def fill(incidents: int) -> tuple[int, int]:
    """Write the history; returns the numbers of an open and of a closed incident."""
    from alerting.examples.afternoon import firing
    from alerting.incidents.models import Decision, Incident, LatestReadings, Tick, Transition
    from alerting.outbox.models import Channel, Message
    from tests.support.incidents import evaluator

    now = datetime.now(UTC)
    evaluator(memory={"plan": {"active": PROJECTS}})
    made = Incident.objects.bulk_create((_incident(number, incidents, now) for number in range(incidents)), BATCH)
    _write(Transition, (_transition(each) for each in made))
    _write(Decision, (_decision(each, place) for each in made for place in range(DECISIONS)))
    payload = firing().to_json()
    _write(Message, (_message(each, channel, payload) for each in made for channel in ("email", "slack")))
    ticks = (now - timedelta(seconds=15 * number) for number in range(min(TICKS, incidents)))
    _write(Tick, (Tick(window_end=at, claimed_at=at, finished_at=at, outcome="good", requests=3) for at in ticks))
    for name in ("email", "slack"):
        Channel.objects.create(name=name, leased_until=now, open_at=now, last_sent_at=now)
    rows = {str(number): [f"app-{number}", float(number % 12), ""] for number in range(PROJECTS)}
    LatestReadings.objects.create(pk=1, at=now, readings={"critical_errors": rows, "error_rate": rows})
    return made[-1].pk, made[0].pk


def _table(incidents: int, rounds: int, numbers: tuple[int, int]) -> Table:
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    an_open, a_closed = numbers
    client = Client(SERVER_NAME="localhost")
    title = f"{incidents} incidents in history, {OPEN} open; goal {GOAL_MS} ms"
    table = Table("page", "median ms", "of a processor", "slowest ms", "queries", "kB", title=title, box=None)
    for address in (
        "/",
        f"/incidents/{an_open}/",
        f"/incidents/{a_closed}/",
        "/history/",
        "/history/?project=app-7",
        "/history/?rule=critical_errors&since=2020-01-01",
        f"/history/?before={incidents // 2}",
        "/rules/",
        "/silences/",
        "/health/",
    ):
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(address)
        count = len(queries)
        assert answer.status_code == 200, (address, answer.status_code)
        taken, worked = zip(*(_milliseconds(client, address) for _ in range(rounds)), strict=True)
        size = len(answer.content) / 1000
        medians = (f"{statistics.median(each):.0f}" for each in (taken, worked))
        table.add_row(address, *medians, f"{max(taken):.0f}", f"{count}", f"{size:.0f}")
    return table


def _milliseconds(client: Any, address: str) -> tuple[float, float]:
    """Of one answer, and of a processor's work in it, which says more where others use the machine too."""
    began, worked = time.perf_counter(), time.process_time()
    client.get(address)
    return (time.perf_counter() - began) * 1000, (time.process_time() - worked) * 1000


def _write(model: Any, rows: Any) -> None:
    model.objects.bulk_create(rows, batch_size=BATCH)


def _incident(number: int, count: int, now: datetime) -> Any:
    """One every ten minutes or so, oldest first; the last ones are still open."""
    from alerting.incidents.models import Incident

    is_open = number >= count - OPEN
    opened = now - timedelta(minutes=12 * (count - number))
    return Incident(
        rule=("critical_errors", "error_rate", "p95_latency")[number % 3],
        severity=("high", "high", "medium")[number % 3],
        project_id_text=str(number % PROJECTS),
        project=f"app-{number % PROJECTS}",
        state="firing" if is_open else "ok",
        opened_at=opened,
        fired_at=opened,
        closed_at=None if is_open else opened + timedelta(minutes=20),
        value=37.0,
        peak=41.0,
        threshold=10.0,
        reason="first_breach" if is_open else "recovered",
    )


def _transition(incident: Any) -> Any:
    from alerting.incidents.models import Transition

    return Transition(
        incident=incident, from_state="ok", to_state="firing", at=incident.opened_at, reason="first_breach"
    )


def _decision(incident: Any, place: int) -> Any:
    from alerting.incidents.models import Decision

    # The open ones have been looked at lately.
    begin = incident.opened_at if incident.closed_at else datetime.now(UTC) - timedelta(minutes=50)
    at = begin + timedelta(minutes=4 * place)
    return Decision(
        incident=incident,
        at=at,
        window_end=at,
        settled=bool(place % 2),
        trust="value",
        value=11.0 + place,
        outcome="breached",
        verdict_reason="over_threshold",
        reason="still_breached",
    )


def _message(incident: Any, channel: str, payload: dict[str, Any]) -> Any:
    from alerting.outbox.models import Message

    return Message(
        dedupe_key=f"{incident.uid.hex}:1:{channel}",
        channel=channel,
        incident_key=incident.uid.hex,
        kind="first",
        payload=payload,
        state="sent",
        created_at=incident.opened_at,
        due_at=incident.opened_at,
        sent_at=incident.opened_at,
    )
