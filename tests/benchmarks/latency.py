"""From an error visible in the API to the Slack request, through real processes; and what those weigh."""

import statistics
import tempfile
import time
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from tests.sandbox import Sandbox
from tests.support.service import Service, broker

SPIKES = 20
INTERVAL_SECONDS = 1


def main(short: bool = False) -> None:
    """Print memory of worker and beat, and the delay of twenty spikes in twenty projects."""
    spikes = 2 if short else SPIKES
    console = Console()
    with Sandbox() as sandbox, broker() as server, tempfile.TemporaryDirectory(prefix="bench-") as folder:
        # A token that sees no project at all is a fault of its own.
        sandbox.sentry.add_project("quiet")
        overrides = {"SENTRY_NEW_ISSUE_ALERTS_ENABLED": "false", "SENTRY_POLL_INTERVAL_SECONDS": str(INTERVAL_SECONDS)}
        service = Service(sandbox, Path(folder), server.connection_url, "", overrides)
        try:
            service.migrate()
            worker, beat = service.start_worker(concurrency=4), service.start_beat()
            service.wait_for_good_tick()
            delays = []
            for number in range(spikes):
                slug = f"app-{number}"
                started = time.monotonic()
                sandbox.sentry.add_errors(slug, 11)
                sandbox.slack.wait_for(lambda arrived, slug=slug: any(slug in each.text for each in arrived))
                delays.append(time.monotonic() - started)
            table = Table("process", "RSS MB", "PSS MB", box=None)
            for name, pid in (("worker (4 children)", worker.pid), ("beat", beat.pid)):
                processes = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
                memory = [process.memory_full_info() for process in processes]
                rss, pss = (sum(getattr(each, kind) for each in memory) / 2**20 for kind in ("rss", "pss"))
                table.add_row(name, f"{rss:.0f}", f"{pss:.0f}")
            console.print(table)
            console.print(
                f"error visible → Slack request, tick every {INTERVAL_SECONDS} s, {spikes} spikes: "
                f"median {statistics.median(delays):.2f} s, worst {max(delays):.2f} s "
                "(the tick interval adds up to itself; Slack's pace of 1.1 s a message is included)"
            )
        finally:
            service.close()
