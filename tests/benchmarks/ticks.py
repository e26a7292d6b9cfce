"""What a tick costs: requests, CPU and wall time, and queries, by the size of the organisation."""

import os
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta

import time_machine
from rich.console import Console
from rich.table import Table

from tests.sandbox import Sandbox
from tests.sandbox.faults import Fault

TICKS = 40
ACTIVE_SHARE = 0.3
LATENCY_SECONDS = 0.05
SIZES = ((10, 0.0), (100, 0.0), (500, 0.0), (500, LATENCY_SECONDS))
SHORT_TICKS = 4


def main(short: bool = False) -> None:
    """Print requests per tick at three sizes, and the cost of a tick at 500 projects with a slow API."""
    ticks, sizes = (SHORT_TICKS, SIZES[:1]) if short else (TICKS, SIZES)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        os.environ.update(DJANGO_SETTINGS_MODULE="worker.settings", ALERTING_DATA_DIR=folder)
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        console = Console()
        table = Table(
            "projects",
            "active",
            "requests/tick mean",
            "max",
            "queries/tick mean",
            "CPU ms/tick",
            "wall ms/tick",
            box=None,
        )
        for projects, latency in sizes:
            table.add_row(*_row(projects, latency, ticks))
        console.print(
            f"{ticks} ticks of 15 s each, {ACTIVE_SHARE:.0%} of the projects active; last row: 50 ms API latency. "
            "The CPU time of the stand-in that answers is included."
        )
        console.print(table)


def _row(projects: int, latency: float, ticks: int) -> tuple[str, ...]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from alerting import config, wiring
    from alerting.incidents.models import Evaluator, Incident, SourceFacts, Tick
    from alerting.pipeline import evaluate_tick
    from alerting.poll.budget import LocalBudget

    for model in (Tick, Evaluator, Incident, SourceFacts):
        model.objects.all().delete()
    with Sandbox() as sandbox:
        active = round(projects * ACTIVE_SHARE)
        start = datetime.now(UTC).replace(microsecond=0)
        for number in range(projects):
            sandbox.sentry.add_project(f"app-{number}")
        for number in range(active):
            for minute in range(-15, 12, 3):
                moment = start + timedelta(minutes=minute)
                sandbox.sentry.add_errors(f"app-{number}", 2, at=moment, issue=False)
                sandbox.sentry.add_transactions(f"app-{number}", 100, at=moment)
        if latency:
            sandbox.sentry.fault(Fault(delay=latency))
        settings = config.load(
            {
                "SENTRY_URL": sandbox.sentry.url,
                "SENTRY_AUTH_TOKEN": sandbox.sentry.token,
                "SENTRY_ORG": sandbox.sentry.org,
                "ALERTING_DATA_DIR": os.environ["ALERTING_DATA_DIR"],
            }
        )
        parts = wiring.parts(settings, LocalBudget())
        requests, queries, walls, cpus = [], [], [], []
        for number in range(ticks):
            now = start + timedelta(seconds=15 * number)
            before = len(sandbox.sentry.requests)
            wall, cpu = time.perf_counter(), time.process_time()
            # Everybody's clock: answers from another time are not believed.
            with time_machine.travel(now), CaptureQueriesContext(connection) as captured:
                report = evaluate_tick(parts, now)
            assert report is not None and report.outcome == "good", f"tick {number}: its cost means nothing"
            walls.append((time.perf_counter() - wall) * 1000)
            cpus.append((time.process_time() - cpu) * 1000)
            requests.append(len(sandbox.sentry.requests) - before)
            queries.append(len(captured))
        label = f"{projects}" if not latency else f"{projects}, slow"
        return (
            label,
            str(active),
            f"{statistics.mean(requests):.1f}",
            str(max(requests)),
            f"{statistics.mean(queries):.0f}",
            f"{statistics.median(cpus):.1f}",
            f"{statistics.median(walls):.1f}",
        )
