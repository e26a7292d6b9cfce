"""What leaving a breadcrumb costs a request that does not fail, beside sentry_sdk alone."""

import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

import sentry_sdk
from rich.console import Console
from rich.table import Table

from alerting.sentry import init_sentry
from tests.benchmarks.capture import DSN, Dropped, sdk_alone

TURNS = 15
CRUMBS = 1_000
PROMISED = 1.5
QUERY = "SELECT id, name, price FROM shop_product WHERE shelf_id = %s AND active ORDER BY name LIMIT 20"
KINDS: Mapping[str, Mapping[str, Any]] = {
    "a plain query": {"message": QUERY, "category": "query", "data": {"db.rows": 20}},
    "with a secret": {
        "message": "POST https://api.example.com/login?token=abc123 password=hunter2",
        "category": "httplib",
        "data": {"headers": {"Authorization": "Bearer 0123456789abcdef"}, "body": "user=ana&password=hunter2"},
    },
}


def microseconds(crumb: Mapping[str, Any]) -> float:
    """CPU time of one breadcrumb, among many."""
    started = time.thread_time()
    for _ in range(CRUMBS):
        sentry_sdk.add_breadcrumb(crumb)
    return (time.thread_time() - started) / CRUMBS * 1e6


def main(short: bool = False) -> None:
    """Print both ways in turns; the quickest turn of each is the least disturbed one."""
    turns = 1 if short else TURNS
    ways: dict[str, Callable[[], Any]] = {
        "sentry_sdk": lambda: sdk_alone(Dropped()),
        "everything": lambda: init_sentry(dsn=DSN, transport=Dropped()),
    }
    taken: dict[tuple[str, str], list[float]] = {(name, kind): [] for name in ways for kind in KINDS}
    for _ in range(turns):
        for name, start in ways.items():
            start()
            for kind, crumb in KINDS.items():
                taken[name, kind].append(microseconds(crumb))
    table = Table("breadcrumb", *(f"{name} µs" for name in ways), "ratio", box=None)
    ratios = []
    for kind in KINDS:
        alone, ours = (taken[name, kind] for name in ways)
        ratios.append(statistics.median(one / other for one, other in zip(ours, alone, strict=True)))
        table.add_row(kind, f"{min(alone):.1f}", f"{min(ours):.1f}", f"{ratios[-1]:.2f}")
    console = Console()
    console.print(table)
    console.print(f"promised: at most {PROMISED:g} of the SDK's: {'held' if max(ratios) <= PROMISED else 'NOT HELD'}")
