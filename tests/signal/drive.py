"""The production pipeline driven through a history on a simulated clock, as worker and beat would; what people got."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from alerting import config, pipeline, wiring
from alerting.complete_notices import Completion
from alerting.incidents import retention
from alerting.incidents.models import Decision, Incident, Transition
from alerting.outbox.message import Notice, Receipt
from alerting.outbox.models import Message
from alerting.poll.budget import LocalBudget
from tests.signal.arrivals import PretendBackground, PretendSource
from tests.signal.history import History, moment
from tests.support.debts import is_anything_owed
from worker.schedule import DELIVERY_SECONDS, HEARTBEAT_SECONDS, HOUSEKEEPING_SECONDS

HISTORY = timedelta(days=90)
ROWS = (Incident, Transition, Decision, Message)


@dataclass(frozen=True, slots=True)
class Told:
    """One notice as it reached people: in the history's seconds, and whether it was a line of a digest."""

    at: float
    channel: str
    notice: Notice
    folded: bool = False


@dataclass(slots=True)
class Run:
    """What came of a history: notices, messages, and what it cost."""

    told: list[Told] = field(default_factory=list)
    messages: list[Told] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    requests: list[int] = field(default_factory=list)
    outcomes: list[str] = field(default_factory=list)
    asked: Mapping[str, int] = field(default_factory=dict)
    cpu: float = 0.0
    wall: float = 0.0
    rows: Mapping[str, int] = field(default_factory=dict)


class _Channel:
    """A channel that takes everything; members of a digest are told one by one."""

    def __init__(self, channel: str, driver: "_Driver") -> None:
        self.channel = channel
        self._driver = driver

    def send(self, notice: Notice, ref: Mapping[str, str], dedupe_key: str) -> Receipt:
        run, at = self._driver.run, self._driver.now
        run.messages.append(Told(at, self.channel, notice))
        run.keys.append(dedupe_key)
        members = Message.objects.filter(folded_into__dedupe_key=dedupe_key) if notice.lines else ()
        inside = [Told(at, self.channel, Notice.from_json(each.payload), folded=True) for each in members]
        run.told += inside or [Told(at, self.channel, notice)]
        return Receipt({"message": str(len(run.messages))})


class _Driver:
    def __init__(self, history: History, environ: Mapping[str, str]) -> None:
        self.history, self.run, self.now = history, Run(), 0.0
        self.source = PretendSource(history)
        settings = config.load({**_ENVIRONMENT, **environ})
        parts = wiring.parts(settings, LocalBudget())
        rules = {rule.name: rule for rule in parts.rules}
        self.parts = replace(
            parts,
            source=self.source,
            completion=Completion(PretendBackground(self.source), rules),
            notifiers={name: _Channel(name, self) for name in ("email", "slack")},
            clock=self.clock,
            sleep=self.sleep,
        )

    def clock(self) -> datetime:
        return moment(self.now)

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def tick(self) -> None:
        before = self.source.requests
        report = pipeline.evaluate_tick(self.parts, self.clock())
        self.run.outcomes.append(report.outcome if report else "lost")
        self.deliver()
        self.run.requests.append(self.source.requests - before)

    def deliver(self) -> bool:
        """What beat's task does every few seconds; true where something was owed."""
        if not is_anything_owed():
            return False
        for channel in self.parts.notifiers:
            pipeline.deliver_due(self.parts, channel)
        return True


_ENVIRONMENT = {
    "SENTRY_AUTH_TOKEN": "simulated",
    "SENTRY_ORG": "acme",
    "SENTRY_SLACK_ALERTS_ENABLED": "true",
    "SENTRY_SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/T0/B0/simulated",
    "SENTRY_EMAIL_ALERTS_ENABLED": "true",
    "SENTRY_ALERT_EMAIL_RECIPIENTS": "ops@example.com",
}


def drive(
    history: History, environ: Mapping[str, str] | None = None, progress: Callable[[float], None] = lambda _: None
) -> Run:
    """Live through the whole history in an empty database; `environ` sets variables away from their defaults."""
    driver = _Driver(history, environ or {})
    run, interval = driver.run, driver.parts.desk.interval_seconds
    cpu, wall = time.process_time(), time.perf_counter()
    for slot in range(int(history.length) // interval):
        due = float(slot * interval)
        if any(stretch.holds(due) for stretch in history.ours_down):
            continue
        driver.now = max(driver.now, due)
        driver.source.go_on(driver.now)
        driver.tick()
        while driver.now < due + interval - DELIVERY_SECONDS and is_anything_owed():
            driver.now += DELIVERY_SECONDS
            driver.deliver()
        if slot * interval % HEARTBEAT_SECONDS < interval:
            pipeline.supervise(driver.parts, driver.clock())
        if slot * interval % HOUSEKEEPING_SECONDS < interval:
            retention.prune(driver.clock(), HISTORY)
            progress(due)
    run.cpu, run.wall = time.process_time() - cpu, time.perf_counter() - wall
    run.asked = dict(driver.source.asked)
    run.rows = {
        model.__name__: model.objects.order_by("-id").values_list("id", flat=True).first() or 0 for model in ROWS
    }
    return run
