"""What scrubbing an event costs: ours, the SDK's own scrubbers, and serialization, on real events in one run."""

import copy
import json
import logging
import statistics
import time
from collections.abc import Callable
from typing import Any

from rich.console import Console
from rich.table import Table
from sentry_sdk.scrubber import EventScrubber
from sentry_sdk.serializer import serialize

from alerting.sentry import init_sentry
from alerting.sentry.scrub import Scrubber
from tests.benchmarks import capture

EVENTS = 200
WARM_UP = 20
# Frames below the view, and log lines before the error.
REQUEST = (14, 50)
# Shares of what serializing the same event takes.
COLD, WARM = "ours, an event never seen", "ours"
PROMISED = {COLD: 0.5, WARM: 0.25}


def real_events(count: int) -> list[dict[str, Any]]:
    """Error events of as many different Django requests, as they reach the hook: serialized, not yet scrubbed by us."""
    kept: list[dict[str, Any]] = []

    def keep(event: Any, _hint: Any) -> Any:
        if "exception" in event:
            kept.append(event)
        return event

    with capture.django_app() as handler:
        init_sentry(dsn=capture.DSN, transport=capture.Dropped(), scrub=keep)
        capture.measure(handler, REQUEST, capture.default_capture, rounds=count)
    return kept[-count:]


def microseconds(work: Callable[[Any], Any], event: Any) -> float:
    started = time.thread_time()
    work(event)
    return (time.thread_time() - started) * 1e6


def main(short: bool = False) -> None:
    """Print the table; every event is measured once per way, and no two are equal."""
    logging.getLogger("shop.orders").setLevel(logging.INFO)
    events = real_events(WARM_UP + 5 if short else EVENTS)
    ways: dict[str, Callable[[Any], Any]] = {
        "SDK: EventScrubber, default": EventScrubber().scrub_event,
        "SDK: EventScrubber, recursive": EventScrubber(recursive=True).scrub_event,
        "SDK: serialize": serialize,
        "json.dumps": json.dumps,
        COLD: lambda event: Scrubber()(event),
        WARM: Scrubber(),
    }
    taken: dict[str, list[float]] = {name: [] for name in ways}
    # In turns, so that a machine that grows slower or faster meanwhile does so for all of them.
    for event in events:
        for name, work in ways.items():
            taken[name].append(microseconds(work, copy.deepcopy(event)))
    # Each beside the serialization of the same event: the machine may grow slower or faster meanwhile.
    shares = {
        name: statistics.median(
            one / whole for one, whole in zip(each[WARM_UP:], taken["SDK: serialize"][WARM_UP:], strict=True)
        )
        for name, each in taken.items()
    }
    table = Table("way", "median µs", "p95 µs", "of serialization", box=None)
    for name, each in taken.items():
        median, p95 = statistics.median(each[WARM_UP:]), statistics.quantiles(each[WARM_UP:], n=20)[-1]
        table.add_row(name, f"{median:.0f}", f"{p95:.0f}", f"{shares[name]:.2f}")
    console = Console()
    console.print(table)
    held = all(shares[name] <= most for name, most in PROMISED.items())
    console.print(
        f"{len(events)} Django events of {len(json.dumps(events[-1])) / 1000:.0f} kB, no two equal; promised: at most "
        f"{PROMISED[WARM]:g} of serialization warm and {PROMISED[COLD]:g} cold: {'held' if held else 'NOT HELD'}"
    )
