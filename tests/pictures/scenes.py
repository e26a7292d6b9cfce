"""What the pictures show: one evening in a small organisation, as the rows and the Sentry that the page reads."""

import random
from datetime import UTC, datetime, timedelta

from alerting.actions import perform
from alerting.actions.models import Silence
from alerting.examples.afternoon import firing
from alerting.incidents.models import Decision, Incident, LatestReadings
from alerting.outbox.models import Channel, Message
from tests.sandbox import Sandbox
from tests.support.incidents import evaluator, incident

ANN = perform.Actor("ann", "page", "127.0.0.1")
SEED = 3
CULPRITS = (
    ("OperationalError: could not connect to payments-db", 21, 90),
    ("KeyError: 'cart_id'", 9, 14 * 1440),
    ("Timeout: the bank did not answer in 5 s", 4, 52 * 1440),
)


def broken(sandbox: Sandbox) -> Incident:
    """Three open incidents, one of them in hand, two new error types and a silence; returns one to look into."""
    now = datetime.now(UTC)
    _seeing(now)
    began = now - timedelta(minutes=24)
    checkout = _incident("checkout", began, [0, 1, 0, 2, 1, 1, 6, 14, 22, 31, 28, 36, 37], project_id_text=_id(sandbox))
    _tell(checkout, now)
    rate = [0.002, 0.004, 0.003, 0.006, 0.012, 0.021, 0.034, 0.042]
    _incident("search", now - timedelta(minutes=11), rate, rule="error_rate", threshold=0.01)
    slow = [420, 380, 510, 640, 900, 1240, 1530, 1840, 1710]
    api = _incident("api", now - timedelta(minutes=47), slow, rule="p95_latency", threshold=1000.0, severity="medium")
    perform.acknowledge(api.pk, ANN, now - timedelta(minutes=40), "scaling up")
    perform.silence(perform.About(project="legacy"), now + timedelta(hours=2), "is being replaced", ANN, now)
    for project, title, minutes in (("checkout", CULPRITS[0][0], 25), ("web", "TypeError: price is undefined", 190)):
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


def _incident(project: str, began: datetime, values: list[float], **changes: object) -> Incident:
    """An incident whose values rose like this during the last hour."""
    now, chance = datetime.now(UTC), random.Random(SEED)
    given = {"value": values[-1], "peak": max(values), "fired_at": began, **changes}
    made = incident(project, age=now - began, environment="production", **given)
    made.decisions.all().delete()
    start, threshold = now - timedelta(minutes=58), float(given.get("threshold", 10.0))  # type: ignore[arg-type]
    steps = 58
    rows = []
    for step in range(steps):
        place = step / steps * (len(values) - 1)
        low, part = int(place), place % 1
        value = (values[low] * (1 - part) + values[min(low + 1, len(values) - 1)] * part) * chance.uniform(0.92, 1.06)
        value = round(value) if threshold >= 1 else round(value, 4)
        at = start + timedelta(minutes=step)
        over = value > threshold
        reason = "first_breach" if over and not any(each.outcome == "breached" for each in rows) else "still_breached"
        rows.append(
            Decision(
                incident=made,
                at=at,
                window_end=at,
                settled=step % 2 == 1,
                trust="value",
                value=value,
                outcome="breached" if over else "clear",
                verdict_reason="over_threshold" if over else "at_or_under_threshold",
                reason=reason if over else "nothing_open",
                told="first" if over and reason == "first_breach" else "",
            )
        )
    Decision.objects.bulk_create(rows)
    return made


def _tell(made: Incident, now: datetime) -> None:
    """What was told about it: on both channels, with the errors behind it."""
    stamp = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    payload = {
        **firing(key=made.uid.hex, at=stamp).to_json(),
        "top_errors": [
            {
                "title": title,
                "culprit": "checkout.payments in charge",
                "count": count,
                "first_seen": (now - timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "link": f"https://acme.sentry.example/issues/{450 + count}/",
            }
            for title, count, minutes in CULPRITS
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
