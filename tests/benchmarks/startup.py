"""What importing and starting the SDK package costs a process, beside sentry_sdk with the same integrations."""

import statistics
import subprocess
import sys

from rich.console import Console
from rich.table import Table

TURNS = 9
PROMISED = 1.15
_MEASURED = """
import time
started = time.process_time()
{imports}
imported = time.process_time()
{init}
print(imported - started, time.process_time() - imported)
"""
WAYS = {
    "sentry_sdk": _MEASURED.format(
        imports="import sentry_sdk",
        init="""
from sentry_sdk.integrations.celery import CeleryIntegration
from sentry_sdk.integrations.django import DjangoIntegration
from sentry_sdk.integrations.httpx import HttpxIntegration
from sentry_sdk.integrations.redis import RedisIntegration
chosen = [DjangoIntegration(), CeleryIntegration(monitor_beat_tasks=True), RedisIntegration(), HttpxIntegration()]
sentry_sdk.init(dsn="https://public@sentry.invalid/1", integrations=chosen, auto_enabling_integrations=False)
""",
    ),
    "alerting.sentry": _MEASURED.format(
        imports="import alerting.sentry",
        init="alerting.sentry.init_sentry(dsn='https://public@sentry.invalid/1')",
    ),
}


def main(short: bool = False) -> None:
    """Print both, in CPU time; of many processes the quickest of each way is the least disturbed one."""
    turns = 1 if short else TURNS
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in WAYS}
    for _ in range(turns):
        for name, code in WAYS.items():
            done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
            imported, started = map(float, done.stdout.split())
            taken[name].append((imported * 1000, started * 1000))
    table = Table("", "import ms", "init ms", box=None)
    for name, each in taken.items():
        table.add_row(name, *(f"{min(column):.0f}" for column in zip(*each, strict=True)))
    ratios = [
        statistics.median(ours[part] / theirs[part] for theirs, ours in zip(*taken.values(), strict=True))
        for part in (0, 1)
    ]
    console = Console()
    console.print(table)
    console.print(
        f"import {ratios[0]:.2f}, init {ratios[1]:.2f} of sentry_sdk alone (median of {turns} pairs); promised: "
        f"at most {PROMISED:g}: {'held' if max(ratios) <= PROMISED else 'NOT HELD'}"
    )
