"""Which decisions are written down, and which of them are kept once their incident has closed.

An incident is decided on at every tick, for days if need be. Written is what changes something at once, and whatever
else differs from the last time (a count that goes up and down) once in five minutes for each reason; the highest value
in between is written too, so that the peak is always there.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from alerting.incidents.lifecycle import Step
from alerting.incidents.models import Decision, Incident
from alerting.rules.model import Verdict

EVERY = timedelta(minutes=5)
# Of a closed incident at most so many changes are kept, from its beginning and from its end.
KEPT_CHANGES = 100
BATCH = 500


def note(incident: Incident, step: Step, verdict: Verdict, now: datetime, *, changes: bool) -> list[Decision]:
    """The rows to write for this decision; `changes` says that it changes the incident's state.

    What must be remembered for the next one is put into the incident's `standing`.
    """
    reading = verdict.reading
    known: Mapping[str, Any] = incident.standing.get("noted", {})
    stream = "settled" if reading.settled else "fresh"
    kind = f"{stream}:{step.why}:{reading.trust}:{verdict.reason}"
    seen, highest = known.get("seen", {}), known.get("highest", float("-inf"))
    written = {each: at for each, at in known.get("written", {}).items() if _is_recent(at, now)}
    row = _decision(incident, step, verdict, now)
    waiting = known.get("waiting")
    rows: list[Decision] = []
    if changes or step.tell is not None or (seen.get(stream) != f"{kind}:{reading.value}" and kind not in written):
        value = row.value if row.value is not None else float("-inf")
        if waiting is not None and waiting["value"] > max(highest, value):
            rows.append(_restored(incident, waiting))
        rows.append(row)
        written[kind], waiting = now.isoformat(), None
        highest = max(highest, *(each.value for each in rows if each.value is not None), float("-inf"))
    elif reading.value is not None and reading.value > max(highest, waiting["value"] if waiting else float("-inf")):
        waiting = _remembered(row)
    incident.standing = {
        **incident.standing,
        "noted": {
            "seen": {**seen, stream: f"{kind}:{reading.value}"},
            "written": written,
            **({"highest": highest} if highest > float("-inf") else {}),
            **({"waiting": waiting} if waiting else {}),
        },
    }
    return rows


def thin(incidents: Collection[int]) -> int:
    """Delete of these incidents' decisions all that changed nothing; returns how many."""
    by_incident: dict[int, list[Decision]] = defaultdict(list)
    for row in Decision.objects.filter(incident__in=incidents).order_by("at", "id"):
        by_incident[row.incident_id].append(row)
    superfluous = [pk for rows in by_incident.values() for pk in _superfluous(rows)]
    for start in range(0, len(superfluous), BATCH):
        Decision.objects.filter(pk__in=superfluous[start : start + BATCH]).delete()
    return len(superfluous)


def _superfluous(rows: list[Decision]) -> Iterable[int]:
    changed: list[int] = []
    last: dict[bool, tuple[str, ...]] = {}
    for row in rows:
        meaning = (row.outcome, row.verdict_reason, row.reason, row.trust)
        if row.told or last.get(row.settled) != meaning:
            changed.append(row.pk)
        last[row.settled] = meaning
    half = KEPT_CHANGES // 2
    kept = {*changed[:half], *changed[-half:], rows[0].pk, rows[-1].pk}
    kept |= {row.pk for row in rows if row.told}
    measured = [row for row in rows if row.value is not None]
    if measured:
        kept.add(max(measured, key=lambda row: row.value or 0.0).pk)
    return (row.pk for row in rows if row.pk not in kept)


def _is_recent(at: str, now: datetime) -> bool:
    return timedelta() <= now - datetime.fromisoformat(at) < EVERY


def _decision(incident: Incident, step: Step, verdict: Verdict, now: datetime) -> Decision:
    reading = verdict.reading
    return Decision(
        incident=incident,
        at=now,
        window_end=reading.window.end,
        settled=reading.settled,
        trust=reading.trust,
        value=reading.value,
        sample=reading.sample,
        outcome=verdict.outcome,
        verdict_reason=verdict.reason,
        reason=step.why,
        told=step.tell or "",
    )


PLAIN = ("settled", "trust", "value", "sample", "outcome", "verdict_reason", "reason")
MOMENTS = ("at", "window_end")


def _remembered(row: Decision) -> dict[str, Any]:
    return {
        **{name: getattr(row, name) for name in PLAIN},
        **{name: getattr(row, name).isoformat() for name in MOMENTS},
    }


def _restored(incident: Incident, remembered: Mapping[str, Any]) -> Decision:
    moments = {name: datetime.fromisoformat(remembered[name]) for name in MOMENTS}
    return Decision(incident=incident, **{name: remembered[name] for name in PLAIN}, **moments)
