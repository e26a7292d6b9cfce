"""What the pictures show: one evening in a small organisation, as the rows and the Sentry that the page reads."""

import random
from datetime import UTC, datetime, timedelta

from alerting.actions import perform, scope
from alerting.actions.models import Silence
from alerting.examples.afternoon import firing
from alerting.incidents.models import Decision, Incident, LatestReadings
from alerting.outbox.models import Channel, Message
from tests.sandbox import Sandbox
from tests.support.incidents import evaluator, incident

ANN = perform.Actor("ann", "page", "127.0.0.1")
SEED = 3
MINUTES = 58
CULPRITS = (
    ("OperationalError: could not connect to payments-db", "checkout.payments in charge", 21, 26),
    ("KeyError: 'cart_id'", "checkout.views in pay", 9, 14 * 1440),
    ("Timeout: the bank did not answer in 5 s", "checkout.bank in settle", 4, 52 * 1440),
)


def broken(sandbox: Sandbox) -> Incident:
    """Three open incidents, one of them in hand, two new error types and a silence; returns one to look into."""
    now = datetime.now(UTC)
    _seeing(now)
    checkout = _incident("checkout", [0, 1, 0, 2, 1, 1, 6, 14, 22, 31, 28, 36, 37], project_id_text=_id(sandbox))
    began = checkout.opened_at
    _tell(checkout, now)
    rate = [0.002, 0.004, 0.003, 0.002, 0.003, 0.004, 0.006, 0.021, 0.034, 0.042]
    _incident("search", rate, rule="error_rate", threshold=0.01)
    slow = [420, 380, 640, 1240, 1530, 1640, 1840, 1780, 1710]
    api = _incident("api", slow, rule="p95_latency", threshold=1000.0, severity="medium")
    perform.acknowledge(api.pk, ANN, api.opened_at + timedelta(minutes=6), "scaling up")
    perform.silence(scope.About(project="legacy"), now + timedelta(hours=2), "is being replaced", ANN, now)
    for project, title, minutes in (("web", "TypeError: price is undefined", 190), ("checkout", CULPRITS[0][0], 26)):
        made = incident(project, age=timedelta(minutes=minutes), subject=title, rule="new_issue", severity="medium")
        Incident.objects.filter(pk=made.pk).update(
            state="ok", closed_at=made.opened_at, reason="first_seen", evidence={"issue": {"title": title}}
        )
    _errors(sandbox, began, now)
    return checkout


def calm() -> None:
    """Nothing is open, and we can see."""
    _nothing_open()
    _seeing(datetime.now(UTC))


def blind() -> None:
    """Sentry has refused the token for a while."""
    _nothing_open()
    now = datetime.now(UTC)
    refused = "Sentry refuses the token (401): it was revoked, or belongs to another organisation."
    evaluator(
        judged_until=now,
        good_until=now - timedelta(minutes=12),
        memory={"sight": {"good": {}, "faults": {"errors": refused}}},
    )


def _seeing(now: datetime) -> None:
    tick = now - timedelta(seconds=6)
    evaluator(judged_until=tick, good_until=tick, memory={"plan": {"active": 9}})
    for name in ("email", "slack"):
        Channel.objects.update_or_create(
            name=name, defaults={"leased_until": now, "open_at": now, "last_sent_at": now - timedelta(minutes=3)}
        )
    readings = {"critical_errors": {"1": ["checkout", 37.0, ""], "2": ["web", 8.0, ""], "3": ["api", 1.0, ""]}}
    LatestReadings.objects.update_or_create(pk=1, defaults={"at": now, "readings": readings})


def _nothing_open() -> None:
    Silence.objects.all().delete()
    Incident.objects.all().delete()
    Message.objects.all().delete()


def _incident(project: str, values: list[float], **changes: object) -> Incident:
    """An incident whose values rose like this during the last hour; it opened when they passed the threshold."""
    now, threshold = datetime.now(UTC), float(changes.get("threshold", 10.0))  # type: ignore[arg-type]
    read = [(now - timedelta(minutes=MINUTES - place), value) for place, value in enumerate(_by_minute(values))]
    read = [(at, round(value) if threshold >= 1 else round(value, 4)) for at, value in read]
    began = next(at for at, value in read if value > threshold)
    peak = max(value for _, value in read)
    given = {"value": read[-1][1], "peak": peak, "fired_at": began, "environment": "production", **changes}
    made = incident(project, age=now - began, **given)
    made.decisions.all().delete()
    Decision.objects.bulk_create(_decision(made, at, value, value > threshold, at == began) for at, value in read)
    return made


def _by_minute(values: list[float]) -> list[float]:
    """These values with others between them, none quite where a ruler would put it; the last one is reached."""
    chance, found = random.Random(SEED), []
    for minute in range(MINUTES):
        place = minute / (MINUTES - 1) * (len(values) - 1)
        low, part = int(place), place % 1
        between = values[low] * (1 - part) + values[min(low + 1, len(values) - 1)] * part
        found.append(between * chance.uniform(0.92, 1.02))
    return [*found[:-1], values[-1]]


def _decision(made: Incident, at: datetime, value: float, is_over: bool, is_first: bool) -> Decision:
    return Decision(
        incident=made,
        at=at,
        window_end=at,
        settled=False,
        trust="value",
        value=value,
        outcome="breached" if is_over else "clear",
        verdict_reason="over_threshold" if is_over else "at_or_under_threshold",
        reason="first_breach" if is_first else "still_breached" if is_over else "nothing_open",
        told="first" if is_first else "",
    )


def _tell(made: Incident, now: datetime) -> None:
    """What was told about it: on both channels, with the errors behind it."""
    stamp = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    payload = {
        **firing(key=made.uid.hex, at=stamp).to_json(),
        "top_errors": [
            {
                "title": title,
                "culprit": culprit,
                "count": count,
                "first_seen": (now - timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "link": f"https://acme.sentry.example/issues/{450 + count}/",
            }
            for title, culprit, count, minutes in CULPRITS
        ],
    }
    Message.objects.filter(incident_key=made.uid.hex).update(payload=payload)
    Message.objects.create(
        dedupe_key=f"{made.uid.hex}-mail",
        channel="email",
        incident_key=made.uid.hex,
        kind="first",
        payload=payload,
        state="sent",
        created_at=made.opened_at,
        due_at=made.opened_at,
        sent_at=made.opened_at + timedelta(seconds=2),
    )


def _id(sandbox: Sandbox) -> str:
    return str(sandbox.sentry.add_project("checkout"))


def _errors(sandbox: Sandbox, began: datetime, now: datetime) -> None:
    """The same story in the sandbox's Sentry, which the incident's own page asks."""
    chance = random.Random(SEED)
    minutes = int((now - began).total_seconds() // 60)
    for minute in range(-75, minutes + 2):
        count = chance.choice((0, 0, 0, 1)) if minute < 0 else min(9, 2 + minute // 3 + chance.randint(-1, 1))
        if count:
            sandbox.sentry.add_errors("checkout", count, began + timedelta(minutes=minute), title=CULPRITS[0][0])
