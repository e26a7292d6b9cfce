"""The pipeline on a fake source, a recording channel and a clock that tests turn by hand."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from alerting.actions import mutes
from alerting.complete_notices import Completion
from alerting.incidents.desk import Desk, Escalation
from alerting.incidents.lifecycle import Policy
from alerting.incidents.links import Links
from alerting.notifiers import registry
from alerting.outbox.message import Notice, Receipt
from alerting.parts import Parts
from alerting.pipeline import TickReport, deliver_due, evaluate_tick
from alerting.rules.catalog import build
from alerting.rules.model import Project
from tests.rules.test_evaluate import Defaults
from tests.support.debts import is_anything_owed
from tests.support.source import FakeSource

NOON = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
SHOP, BLOG = Project("1", "shop"), Project("2", "blog")
TARGETS = {
    "email": {"recipients": ("lead@example.com",)},
    "slack": {"recipients": (), "slack_channel": "#leads"},
}


@dataclass
class RecordingNotifier:
    """A channel at our own seam: keeps what it is given, raises the next planned error first."""

    channel: str
    sent: list[Notice] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    refs: list[Mapping[str, str]] = field(default_factory=list)
    errors: list[Exception | None] = field(default_factory=list)
    deferred: Mapping[str, str] = field(default_factory=dict)
    editable: bool = False

    def send(self, notice: Notice, ref: Mapping[str, str], dedupe_key: str) -> Receipt:
        if self.errors and (error := self.errors.pop(0)) is not None:
            raise error
        self.sent.append(notice)
        self.keys.append(dedupe_key)
        self.refs.append(ref)
        deferred, self.deferred = self.deferred, {}
        return Receipt({"thread": f"{self.channel}-{len(self.sent)}"}, deferred=deferred, editable=self.editable)


@dataclass
class World:
    """One evaluator over simulated time."""

    now: datetime
    source: FakeSource = field(default_factory=FakeSource)
    email: RecordingNotifier = field(default_factory=lambda: RecordingNotifier("email"))
    slack: RecordingNotifier = field(default_factory=lambda: RecordingNotifier("slack"))
    keep_firing: timedelta = timedelta(minutes=2)
    repeat: timedelta = timedelta(hours=1)
    thresholds: type[Defaults] = Defaults
    interval: int = 15
    settle: int = 120
    catch_up: int = 21_600
    fingerprint: str = "one"
    environment: str = ""
    escalate_after: timedelta | None = None
    completion: Completion | None = None

    def __post_init__(self) -> None:
        self.source.clock = lambda: self.now

    @property
    def parts(self) -> Parts:
        return Parts(
            rules=build(self.thresholds()),
            source=self.source,
            notifiers={"email": self.email, "slack": self.slack},
            desk=Desk(
                Policy(self.keep_firing, self.repeat),
                {each.name: each.severities for each in registry.CHANNELS},
                Links("https://sentry.io", "acme"),
                self.environment,
                Escalation(self.escalate_after, TARGETS) if self.escalate_after else None,
                mutes.at,
                interval_seconds=self.interval,
                settle_seconds=self.settle,
                catch_up_seconds=self.catch_up,
            ),
            fingerprints={"email": self.fingerprint, "slack": self.fingerprint},
            completion=self.completion,
            clock=lambda: self.now,
            sleep=self.pass_time,
        )

    def pass_time(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def tick(self) -> TickReport | None:
        """One tick at the present time."""
        return evaluate_tick(self.parts, self.now)

    def run(self, length: timedelta) -> None:
        """Ticks at the interval for so long, delivering whenever something is owed; time goes on by itself."""
        ends = self.now + length
        while self.now < ends:
            self.tick()
            if is_anything_owed():
                self.deliver()
            self.now += timedelta(seconds=self.interval)

    def deliver(self) -> None:
        """Everything that is due on both channels, time going on where a channel asks for a pause."""
        for channel in ("email", "slack"):
            deliver_due(self.parts, channel)

    def kinds(self, channel: str = "slack") -> list[str]:
        return [notice.kind.value for notice in getattr(self, channel).sent]
