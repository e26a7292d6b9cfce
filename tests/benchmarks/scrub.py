"""What scrubbing an event costs: ours, the SDK's own scrubbers, and serialization, on real events in one run."""

import copy
import json
import logging
import statistics
import time
from collections.abc import Callable, Sequence
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
PROMISED_US = 1000.0
PROMISED_SHARE = 0.5


def real_events() -> list[dict[str, Any]]:
    """Error events of as many different Django requests, as they reach the hook: serialized, not yet scrubbed by us."""
    kept: list[dict[str, Any]] = []

    def keep(event: Any, _hint: Any) -> Any:
        if "exception" in event:
            kept.append(event)
        return event

    with capture.django_app() as handler:
        init_sentry(dsn=capture.DSN, transport=capture.Dropped(), scrub=keep)
        capture.measure(handler, REQUEST, capture.default_capture, rounds=EVENTS)
    return kept[-EVENTS:]


def microseconds(work: Callable[[Any], Any], events: Sequence[Any]) -> list[float]:
    taken = []
    for event in events:
        started = time.perf_counter()
        work(event)
        taken.append((time.perf_counter() - started) * 1e6)
    return taken


def main() -> None:
    """Print the table; every event is measured once per way, and no two are equal."""
    logging.getLogger("shop.orders").setLevel(logging.INFO)
    events = real_events()
    scrubber, recursive = Scrubber(), EventScrubber(recursive=True)
    ways: list[tuple[str, list[float]]] = [
        ("SDK: EventScrubber, default", microseconds(EventScrubber().scrub_event, copy.deepcopy(events))),
        (
            "SDK: EventScrubber, recursive",
            microseconds(recursive.scrub_event, copy.deepcopy(events)),
        ),
        ("SDK: serialize", microseconds(serialize, copy.deepcopy(events))),
        ("json.dumps", microseconds(json.dumps, events)),
        ("ours, an event never seen", [microseconds(Scrubber(), [event])[0] for event in events[:WARM_UP]]),
        ("ours", microseconds(scrubber, events)[WARM_UP:]),
    ]
    serialization = statistics.median(dict(ways)["SDK: serialize"])
    table = Table("way", "median µs", "p95 µs", "of serialization", box=None)
    for name, taken in ways:
        median, p95 = statistics.median(taken), statistics.quantiles(taken, n=20)[-1]
        table.add_row(name, f"{median:.0f}", f"{p95:.0f}", f"{median / serialization:.2f}")
    console = Console()
    console.print(table)
    ours = statistics.median(dict(ways)["ours"])
    held = ours <= PROMISED_US and ours <= PROMISED_SHARE * serialization
    console.print(
        f"{len(events)} Django events of {len(json.dumps(events[-1])) / 1000:.0f} kB, no two equal; promised: at most "
        f"{PROMISED_US / 1000:g} ms median and {PROMISED_SHARE:.0%} of serialization: {'held' if held else 'NOT HELD'}"
    )


if __name__ == "__main__":
    main()
