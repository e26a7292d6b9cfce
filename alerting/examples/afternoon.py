"""The story that the examples tell: an afternoon on which the database of `checkout` goes away."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from alerting import config
from alerting.examples.happenings import ENVIRONMENT, Burst, Happenings, clock, first_seen
from alerting.incidents import notice as notices
from alerting.incidents.lifecycle import Step, Why
from alerting.incidents.links import Links
from alerting.incidents.notice import Told
from alerting.incidents.standing import Standing
from alerting.outbox.message import Kind, Notice, TopError
from alerting.rules import catalog
from alerting.rules.model import Issue, Project, Reading, Rule, Trust, Window

RULES = {rule.name: rule for rule in catalog.build(config.load({}))}
COUNT = RULES["critical_errors"]
SENTRY = "https://acme.sentry.example"
LINKS = Links(SENTRY, "acme")
CHECKOUT = Project("4511", "checkout")
KEY = "5f0c3a1e" * 4

AWAY = TopError(
    "OperationalError: could not connect to payments-db, server closed the connection",
    "checkout.payments in charge",
    0,
    first_seen("12:06:02"),
    f"{SENTRY}/issues/4501/",
    "checkout@2.41.0",
)
NO_CART = TopError(
    "KeyError: 'cart_id'", "checkout.views in pay", 0, first_seen("08:00:00", 14), f"{SENTRY}/issues/17/"
)
BANK = TopError("Timeout: bank did not answer in 5 s", "checkout.bank in settle", 0, first_seen("08:00:00", 52))
POSTCODE = TopError("ValidationError: postcode", "checkout.forms in clean", 0, first_seen("09:30:00", 90))

AFTERNOON = Happenings(
    CHECKOUT,
    # As on every day.
    Burst(BANK, "11:16:00", "11:55:00", 4),
    Burst(NO_CART, "11:34:00", "11:40:00", 3),
    # The database refuses some, then at once all who are about to pay; then those who try again.
    Burst(AWAY, "12:06:02", "12:07:15", 5),
    Burst(NO_CART, "12:06:30", "12:07:15", 2),
    Burst(AWAY, "12:07:15", "12:07:30", 16),
    Burst(NO_CART, "12:07:15", "12:07:30", 7),
    Burst(BANK, "12:07:15", "12:07:30", 4),
    Burst(POSTCODE, "12:07:16", "12:07:30", 3),
    Burst(AWAY, "12:07:30", "12:15:00", 52),
    Burst(NO_CART, "12:07:35", "12:15:00", 20),
    # Nobody can pay; then people give up, and the database comes back at last.
    Burst(AWAY, "12:15:00", "12:24:00", 320),
    Burst(NO_CART, "12:15:00", "12:24:00", 60),
    Burst(AWAY, "12:24:00", "12:40:00", 288),
    Burst(AWAY, "12:40:00", "13:00:00", 240),
    Burst(AWAY, "13:00:00", "13:46:00", 400),
    Burst(NO_CART, "12:24:00", "13:46:00", 80),
    Burst(BANK, "13:00:00", "14:10:00", 21),
)


@dataclass(frozen=True, slots=True)
class Moment:
    """When one notice of the afternoon is written, why, and when the window that it is about ended."""

    kind: Kind
    why: Why
    at: datetime
    until: datetime

    @property
    def reading(self) -> Reading:
        return AFTERNOON.reading(Window.ending(self.until, COUNT.window_seconds))


# As the service itself would tell it, evaluating every 15 seconds.
FIRST = Moment(Kind.FIRST, Why.FIRST_BREACH, clock("12:07:41"), clock("12:07:30"))
WORSE = Moment(Kind.WORSE, Why.DOUBLED, clock("12:18:26"), clock("12:18:15"))
REMINDER = Moment(Kind.REMINDER, Why.REPEAT_DUE, clock("13:18:26"), clock("13:16:00"))
RESOLVED = Moment(Kind.RESOLVED, Why.RECOVERED, clock("13:54:11"), clock("13:52:00"))
TOLD = (FIRST, WORSE, REMINDER, RESOLVED)
UNACKNOWLEDGED = timedelta(minutes=30)


def firing(**changes: Any) -> Notice:
    """Too many errors, with everything that can stand behind it."""
    return replace(_told(FIRST), **changes)


def worse() -> Notice:
    """The same, at least twice as bad."""
    return _told(WORSE)


def escalated() -> Notice:
    """The same, for whoever is told what nobody has acknowledged."""
    return notices.escalated(worse(), KEY, UNACKNOWLEDGED, FIRST.at + UNACKNOWLEDGED)


def reminder() -> Notice:
    """The same, an hour after it was told last."""
    return _told(REMINDER)


def resolved(**changes: Any) -> Notice:
    """The same, over."""
    return replace(_told(RESOLVED), **{"top_errors": (), "trend": None, "in_hand": "ann", **changes})


def new_issue(**changes: Any) -> Notice:
    """An error type that nobody has seen before: the one behind all this."""
    seen = datetime.fromisoformat(AWAY.first_seen)
    issue = Issue("4501", "CHECKOUT-4F2", AWAY.title, AWAY.culprit, "error", AWAY.link, seen, CHECKOUT)
    return replace(new_error(issue, clock("12:06:41")), **changes)


def new_error(issue: Issue, now: datetime) -> Notice:
    """What is told of an issue that was seen for the first time."""
    reading = Reading(issue.project, ENVIRONMENT, Window(now, now), Trust.VALUE, 1.0, dataset="issues", issue=issue)
    told = Told(f"{int(issue.id):032x}", 1, now, 0.0, 0.0, 0.0)
    return compose(RULES["new_issue"], reading, Why.FIRST_SEEN, Kind.FIRST, told, now)


def compose(rule: Rule, reading: Reading, why: Why, kind: Kind, told: Told, now: datetime) -> Notice:
    """What the service writes about this decision."""
    return notices.compose(rule, reading, Step(Standing(), why, kind), told, now, LINKS)


def _told(moment: Moment) -> Notice:
    place = TOLD.index(moment)
    before = TOLD[place - 1].reading.value or 0.0 if place else 0.0
    peak = AFTERNOON.peak(FIRST.until, moment.until, COUNT)
    told = Told(KEY, place + 1, FIRST.at, peak, before, COUNT.threshold, last_told=before, last_said=before)
    return AFTERNOON.complete(compose(COUNT, moment.reading, moment.why, moment.kind, told, moment.at), COUNT)
