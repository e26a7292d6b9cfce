"""What is told of other projects on the same day: what the afternoon of `checkout` has no use for."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from alerting.examples.afternoon import COUNT, LINKS, RULES, compose
from alerting.examples.happenings import ENVIRONMENT, Burst, Happenings, clock, first_seen, hour
from alerting.incidents import notice as notices
from alerting.incidents.lifecycle import Why
from alerting.incidents.notice import Told
from alerting.outbox.message import Kind, Notice, TopError
from alerting.rules.model import Project, Reading, Rule, Trust, Window

RATE, LATENCY = RULES["error_rate"], RULES["p95_latency"]
SEARCH = Project("4512", "search")
SHARD = TopError("IndexUnavailable: shard 3 does not answer", "search.query in run", 540, first_seen("12:31:04"))
SLOW = TopError("TimeoutError: no answer in 30 s", "search.query in run", 61, first_seen("07:12:00", 33))
MAIL = TopError("SMTPServerDisconnected: connection closed", "mailer.tasks in send", 0, first_seen("04:40:00", 6))
OLD = TopError("DeprecatedCall: /v1/stock is gone", "legacy.stock in read", 0, first_seen("16:02:00", 120))
SCALED = "Transactions are estimated: the server counts sampled ones, multiplied by 10 (sample rate 0.1)."
MAILER = Happenings(
    Project("4514", "mailer"),
    Burst(MAIL, "11:20:00", "11:22:00", 14),
    Burst(MAIL, "11:44:00", "11:46:30", 19),
    Burst(MAIL, "12:06:00", "12:08:00", 15),
    Burst(MAIL, "12:29:10", "12:31:00", 17),
)
LEGACY = Happenings(Project("4515", "legacy"), Burst(OLD, "06:00:00", "08:30:00", 780))


def rate() -> Notice:
    """A ratio, judged once its window has settled."""
    now = clock("12:34:12")
    held = {"sample": 15_000, "stored": 1_500, "note": SCALED, "detail": {"errors": 630}}
    reading = _reading(SEARCH, "12:32:00", RATE, 0.042, dataset="errors + spans", **held)
    errors = (*(3, 1, 4, 2) * 16, *(5, 2, 4) * 3, 597, 38, 44, 36)
    trend = hour(RATE, now, errors=errors, transactions=(1_500,) * len(errors))
    return replace(_first(RATE, reading, now), top_errors=(SHARD, SLOW), trend=trend)


def latency() -> Notice:
    """A percentile."""
    now = clock("12:07:41")
    reading = _reading(Project("4513", "api"), "12:05:00", LATENCY, 1840.0, dataset="spans", sample=2_210)
    trend = hour(LATENCY, now, p95_ms=(310, 305, 290, 420, 380, 350, 410, 390, 520, 900, 1_700, 1_910, 1_880))
    return replace(_first(LATENCY, reading, now), trend=trend)


def flapping() -> Notice:
    """What has come and gone three times within two hours, and is back."""
    now, reading = clock("12:31:11"), MAILER.reading(Window.ending(clock("12:31:00"), COUNT.window_seconds))
    told = _told(COUNT, MAILER.project, now, reading.value)
    return MAILER.complete(compose(COUNT, reading, Why.CHANGES_OFTEN, Kind.FLAPPING, told, now), COUNT)


def silence_over() -> Notice:
    """What was told, then silenced, and is still broken when the silence ends."""
    opened, now = clock("06:02:11"), clock("08:02:11")
    reading = LEGACY.reading(Window.ending(clock("08:02:00"), COUNT.window_seconds))
    told = replace(_told(COUNT, LEGACY.project, opened, 27.0), sequence=2, last_told=11.0, last_said=11.0)
    return LEGACY.complete(compose(COUNT, reading, Why.SILENCE_ENDED, Kind.REMINDER, told, now), COUNT)


def too_little_traffic() -> Notice:
    """The ratio of above, which nobody can judge any more."""
    reading = _reading(SEARCH, "13:10:00", RATE, None, dataset="errors + spans", sample=12)
    told = replace(_told(RATE, SEARCH, clock("12:34:12"), 0.042), sequence=2, thin_since=clock("12:58:00"))
    return compose(RATE, reading, Why.TOO_LITTLE_TRAFFIC, Kind.ENDED, told, clock("13:12:11"))


def threshold_raised() -> Notice:
    """Over by decision."""
    basket, raised = Project("4516", "basket"), replace(COUNT, threshold=50)
    told = replace(_told(COUNT, basket, clock("14:02:41"), 41.0), sequence=2, previous=37.0)
    return compose(
        raised, _reading(basket, "14:23:30", COUNT, 37.0), Why.THRESHOLD_RAISED, Kind.ENDED, told, clock("14:23:41")
    )


def not_visible() -> Notice:
    """Nobody knows how it goes on."""
    storefront = Project("4517", "storefront")
    told = replace(_told(COUNT, storefront, clock("15:40:11"), 57.0), sequence=2, formerly="shop")
    reading = replace(_reading(storefront, "16:01:00", COUNT, None), trust=Trust.NOT_VISIBLE)
    return compose(COUNT, reading, Why.NOT_VISIBLE, Kind.ENDED, told, clock("16:01:11"))


def late_and_open() -> Notice:
    """Found when evaluating goes on after a pause, and still there."""
    invoices, now = Project("4518", "invoices"), clock("05:41:26")
    reading = replace(_reading(invoices, "05:02:00", COUNT, 23.0), first_error_at=clock("04:57:20"))
    return compose(COUNT, reading, Why.FOUND_LATE, Kind.LATE, _told(COUNT, invoices, now, 23.0), now)


def late_and_over() -> Notice:
    """Found at the same time, and over long since."""
    now, over = clock("05:41:26"), clock("03:23:00")
    reading = _reading(Project("4519", "billing"), "03:15:00", COUNT, 41.0)
    reading = replace(reading, first_error_at=clock("03:10:12"))
    cause, key = "this happened while nothing was being judged", f"{int(reading.project.id):032x}"
    return notices.late_and_over(COUNT, reading, cause, over, key, now, LINKS)


def one_of_many(place: int, hour: str = "12") -> Notice:
    """What is told in one bad minute of this hour: two new ones, one that got worse and one that is over, in turn."""
    project, now = Project(str(5_000 + place), f"service-{place:03}"), clock(f"{hour}:07:41")
    value = float(12 + place)
    if place % 4 == 3:
        told = replace(_told(COUNT, project, now - timedelta(minutes=36), value), sequence=2)
        cleared = _reading(project, f"{hour}:05:30", COUNT, 3.0)
        return compose(COUNT, cleared, Why.RECOVERED, Kind.RESOLVED, told, now)
    if place % 3 == 0:
        held = {"sample": 15_000, "stored": 15_000, "detail": {"errors": 630}}
        return _first(RATE, _reading(project, f"{hour}:05:00", RATE, 0.042, dataset="errors + spans", **held), now)
    reading = _reading(project, f"{hour}:07:30", COUNT, value)
    if place % 4 == 2:
        told = replace(_told(COUNT, project, now - timedelta(minutes=19), value), sequence=2, last_told=value // 2)
        return compose(COUNT, reading, Why.DOUBLED, Kind.WORSE, told, now)
    return _first(COUNT, reading, now)


def _first(rule: Rule, reading: Reading, now: datetime) -> Notice:
    told = _told(rule, reading.project, now, reading.value)
    return compose(rule, reading, Why.FIRST_BREACH, Kind.FIRST, told, now)


def _told(rule: Rule, project: Project, opened: datetime, peak: float | None) -> Told:
    """An incident known by its project, at its worst so far when it was judged last."""
    value = peak or 0.0
    return Told(f"{int(project.id):032x}", 1, opened, value, value, rule.threshold)


def _reading(
    project: Project, until: str, rule: Rule, value: float | None, dataset: str = "errors", **more: Any
) -> Reading:
    seen = Window(clock(until) - timedelta(seconds=rule.window_seconds), clock(until))
    return Reading(project, ENVIRONMENT, seen, Trust.VALUE, value, dataset=dataset, **more)
