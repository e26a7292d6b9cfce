"""One of several evaluators that live through the same simulated hour, each in a process of its own."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from multiprocessing.synchronize import Barrier
from pathlib import Path

START = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
TICKS = 30
INTERVAL = timedelta(minutes=2)


def live(environment: Mapping[str, str], received: Path, slot_begins: Barrier) -> None:
    """Judge and deliver in every slot at the same moment as the others; what people receive is a line in `received`."""
    os.environ.update(environment)
    import django

    django.setup()
    from alerting.outbox.message import Notice, Receipt
    from alerting.rules.model import Project
    from tests.support.pipeline import RecordingNotifier, World

    class Letterbox(RecordingNotifier):
        def send(self, notice: Notice, ref: Mapping[str, str], dedupe_key: str) -> Receipt:
            with received.open("a") as lines:
                lines.write(f"{self.channel} {notice.project} {notice.kind} {dedupe_key}\n")
            return super().send(notice, ref, dedupe_key)

    world = World(START, email=Letterbox("email"), slack=Letterbox("slack"))
    world.source.add_errors(Project("1", "shop"), 11, START + timedelta(minutes=5))
    for minute, count in ((20, 12), (24, 30)):
        world.source.add_errors(Project("2", "blog"), count, START + timedelta(minutes=minute))
    for slot in range(TICKS):
        slot_begins.wait(60)
        world.now = START + slot * INTERVAL
        world.tick()
        world.deliver()
