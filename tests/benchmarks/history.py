"""How large the database is after ninety days, and what a turn of housekeeping costs then.

Two hours are lived through for real: 500 projects, of which 250 a day break for a while (one in ten of them for two
hours), with counts that change at every tick, and 500 new error types a day. The rows they leave are then written
again for every other two hours of the ninety days.
"""

import copy
import os
import random
import tempfile
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

PROJECTS = 500
BROKEN_A_DAY, NEW_TYPES_A_DAY = 250, 500
BLOCK = timedelta(hours=2)
BLOCKS_A_DAY = timedelta(days=1) // BLOCK
DAYS = 90
INTERVAL_SECONDS, SHORT_INTERVAL_SECONDS = 15, 300
SEED = 7
BATCH = 2000


def main(short: bool = False) -> None:
    """Print rows and size by table, and the time of a turn that deletes a day's rows."""
    days, projects = (2, PROJECTS // 50) if short else (DAYS, PROJECTS)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        os.environ.update(DJANGO_SETTINGS_MODULE="worker.settings", ALERTING_DATA_DIR=folder)
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        start = datetime(2026, 1, 1, tzinfo=UTC)
        _live(projects, start, SHORT_INTERVAL_SECONDS if short else INTERVAL_SECONDS)
        console = Console()
        console.print(_sizes(start, days))
        size = sum(path.stat().st_size for path in Path(folder).glob("alerting.sqlite3*"))
        console.print(f"SQLite file after {days} days at {projects} projects: {size / 2**20:.0f} MB")
        console.print(_turn(start, days))


def _live(projects: int, start: datetime, interval: int) -> None:
    """Two hours through the pipeline, and what is left of them when all their incidents have closed."""
    from alerting.rules.model import Issue, Project
    from tests.support.pipeline import World

    chance = random.Random(SEED)
    world, share = World(start, interval=interval), projects / PROJECTS / BLOCKS_A_DAY
    world.tick()
    for number in range(max(1, round(BROKEN_A_DAY * share))):
        project = Project(str(number), f"app-{number}")
        length = BLOCK if number % 10 == 0 else timedelta(minutes=chance.randint(5, 40))
        at = start + chance.random() * (BLOCK - length)
        ends = at + length
        while at < ends:
            world.source.add_errors(project, chance.randint(1, 4), at)
            at += timedelta(seconds=INTERVAL_SECONDS)
    for number in range(max(1, round(NEW_TYPES_A_DAY * share))):
        project = Project(str(chance.randrange(projects)), f"app-{number}")
        seen = start + chance.random() * BLOCK
        title = f"ValueError: could not convert string to float: '{number}'"
        world.source.issues.append(
            Issue(str(number), f"APP-{number}", title, "shop.views.pay", "error", "", seen, project)
        )
    world.run(BLOCK + timedelta(minutes=20))


def _sizes(start: datetime, days: int) -> Table:
    """Repeat what was written until the days are full, table by table, so that the file's growth is each one's size."""
    from django.db import connection

    from alerting.incidents.models import Decision, Gap, Incident, Tick, Transition
    from alerting.outbox.models import Message

    def pages() -> int:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA page_count")
            return int(cursor.fetchone()[0]) * 4096

    table = Table("table", "rows a day", f"rows after {days} days", "MB", box=None)
    Tick.objects.filter(window_end__gte=start + BLOCK).delete()
    last_incident = Incident.objects.latest("pk").pk
    for model in (Incident, Transition, Decision, Message, Gap, Tick):
        originals = list(model.objects.order_by("pk"))
        before = pages()
        times = range(1, days * BLOCKS_A_DAY) if model is not Tick else range(1, min(days, 2) * BLOCKS_A_DAY)
        rows = _repeated(originals, times, last_incident)
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous=OFF")
        while batch := [row for _, row in zip(range(BATCH), rows, strict=False)]:
            model.objects.bulk_create(batch, batch_size=500)
        kept = "" if model is not Tick else " (48 hours)"
        megabytes = (pages() - before) / 2**20
        table.add_row(
            model.__name__ + kept, f"{len(originals) * BLOCKS_A_DAY}", f"{model.objects.count()}", f"{megabytes:.0f}"
        )
    return table


def _repeated(originals: list[Any], times: range, last_incident: int) -> Iterator[Any]:
    """Copies with their dates, numbers and keys moved on; incidents and what belongs to them stay together."""
    last = max((row.pk for row in originals), default=0)
    for turn in times:
        for original in originals:
            row = copy.copy(original)
            row.pk = original.pk + turn * last
            for field in row._meta.concrete_fields:
                value = getattr(row, field.attname)
                if isinstance(value, datetime):
                    setattr(row, field.attname, value + turn * BLOCK)
                elif field.name == "incident":
                    row.incident_id = original.incident_id + turn * last_incident
                elif field.name == "folded_into" and value:
                    row.folded_into_id = value + turn * last
                elif field.name == "uid":
                    row.uid = uuid.uuid4()
                elif field.name in {"subject", "dedupe_key"} and value:
                    setattr(row, field.attname, f"{value}-{turn}")
            yield row


def _turn(start: datetime, days: int) -> str:
    """A day later, a day's rows are deleted."""
    from alerting.incidents import retention

    began = time.perf_counter()
    removed = retention.prune(start + timedelta(days=days + 1), timedelta(days=days))
    taken = time.perf_counter() - began
    began = time.perf_counter()
    again = retention.prune(start + timedelta(days=days + 1), timedelta(days=days))
    idle = time.perf_counter() - began
    assert again == 0
    return f"deleting a day: {removed} rows in {taken:.1f} s; a turn with nothing to delete: {idle * 1000:.0f} ms"
