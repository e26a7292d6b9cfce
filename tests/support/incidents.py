"""Incidents as rows, for tests of what shows them."""

import zlib
from datetime import UTC, datetime, timedelta
from typing import Any

from alerting.incidents.models import Decision, Evaluator, Incident, LatestReadings, Transition
from alerting.outbox.models import Message


def evaluator(**changes: Any) -> Evaluator:
    """The evaluator's row, its last tick just now."""
    now = datetime.now(UTC)
    given = {"started_at": now - timedelta(days=1), "judged_until": now, "good_until": now, "memory": {}, **changes}
    return Evaluator.objects.update_or_create(pk=1, defaults=given)[0]


def incident(project: str = "shop", *, age: timedelta = timedelta(minutes=20), **changes: Any) -> Incident:
    """An open incident of too many errors with one transition, one decision and one delivered notice."""
    now = datetime.now(UTC)
    given: dict[str, Any] = {
        "rule": "critical_errors",
        "severity": "high",
        "project_id_text": str(zlib.crc32(project.encode())),
        "project": project,
        "state": "firing",
        "opened_at": now - age,
        "value": 34.0,
        "peak": 41.0,
        "threshold": 10.0,
        "reason": "first_breach",
        **changes,
    }
    made = Incident.objects.create(**given)
    Transition.objects.create(
        incident=made, from_state="ok", to_state="firing", at=made.opened_at, reason="first_breach"
    )
    Decision.objects.create(
        incident=made,
        at=made.opened_at,
        window_end=made.opened_at,
        settled=False,
        trust="value",
        value=made.value,
        outcome="breached",
        verdict_reason="over_threshold",
        reason="first_breach",
        told="first",
    )
    Message.objects.create(
        dedupe_key=f"{made.uid.hex}-1",
        channel="slack",
        incident_key=made.uid.hex,
        kind="first",
        payload={},
        state="sent",
        created_at=made.opened_at,
        due_at=made.opened_at,
        sent_at=made.opened_at,
    )
    return made


def closed(project: str = "shop", **changes: Any) -> Incident:
    """The same, over."""
    now = datetime.now(UTC)
    return incident(project, **{"state": "ok", "closed_at": now, "reason": "recovered", **changes})


def renamed(name: str = "store") -> None:
    """The project with the id 7, which was called shop when it last had an incident."""
    closed("shop", project_id_text="7")
    readings = {"error_rate": {"7": [name, 0, ""]}}
    LatestReadings.objects.update_or_create(pk=1, defaults={"at": datetime.now(UTC), "readings": readings})
