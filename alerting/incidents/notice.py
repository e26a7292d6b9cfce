"""From a decision to the notice that tells people about it, with all its evidence. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alerting.incidents.lifecycle import ENDED, Step, Why
from alerting.incidents.links import Links
from alerting.incidents.standing import Standing, State
from alerting.outbox.message import Kind, Notice
from alerting.rules.model import Reading, Rule, Trust
from alerting.rules.units import counted, least, span, stamp, text, transactions

TITLE_LIMIT = 300


@dataclass(frozen=True, slots=True)
class Told:
    """What the notice needs to know of the incident besides the decision itself. Values are in the rule's unit.

    `previous` is the value that was last judged, `last_told` the one that people were last told of as first or worse,
    `last_said` the one in their last notice of any kind; `thin_since` is when traffic became too little to judge by.
    `formerly` is the name people know the project by, where it has another one now. `behind` says from when to when,
    and why, it could not be judged.
    """

    key: str
    sequence: int
    opened_at: datetime
    peak: float
    previous: float
    old_threshold: float
    thin_since: datetime | None = None
    formerly: str = ""
    last_told: float = 0.0
    behind: tuple[datetime, datetime, str] | None = None
    last_said: float = 0.0


def compose(rule: Rule, reading: Reading, step: Step, told: Told, now: datetime, links: Links) -> Notice:
    """The notice for one told decision."""
    if step.tell is None:
        raise ValueError(f"decision {step.why} stays quiet, so there is no notice to compose")
    is_last = step.why in ENDED and step.why is not Why.THRESHOLD_RAISED
    value = told.previous if is_last or reading.value is None else reading.value
    issue = reading.issue
    shown = f"{least(reading)}{text(rule, value)}"
    return Notice(
        kind=step.tell,
        key=told.key,
        headline=_ended(rule, step.why, value, told) or rule.kind.headline(rule, reading, value),
        sentence=_sentence(rule, step, reading, value, told, now),
        severity=rule.severity.value,
        at=stamp(now),
        rule=rule.name,
        rule_title=rule.title,
        project=reading.project.slug,
        formerly=told.formerly,
        environment=reading.environment,
        value="1 new issue" if issue else f"{shown}, when last judged" if is_last else shown,
        threshold="0 (every new issue is told)" if issue else text(rule, rule.threshold),
        peak="" if issue else text(rule, max(told.peak, value)),
        reason=step.why.value,
        window_start=stamp(reading.window.start) if reading.window.seconds else "",
        window_end=stamp(reading.window.end) if reading.window.seconds else "",
        sample=rule.kind.sample(reading),
        dataset=_dataset(rule, reading),
        first_error_at=stamp(reading.first_error_at) if reading.first_error_at else "",
        opened_at=stamp(told.opened_at),
        resolved_at=stamp(now) if step.tell in {Kind.RESOLVED, Kind.ENDED} else "",
        link=links.to(rule, reading),
        issue={
            "id": issue.id,
            "short_id": issue.short_id,
            "title": issue.title[:TITLE_LIMIT],
            "culprit": issue.culprit[:TITLE_LIMIT],
            "level": issue.level,
            "first_seen": stamp(issue.first_seen),
        }
        if issue
        else {},
        notes=tuple(_notes(reading, told)),
        sequence=told.sequence,
        project_id=reading.project.id,
        errors=_errors(rule, reading),
    )


def escalated(was: Notice, key: str, waited: timedelta, now: datetime) -> Notice:
    """What nobody has acknowledged for so long, from what was told last: one of its own, in nobody's thread."""
    value = f"{was.value} (threshold {was.threshold})"
    return replace(
        was,
        kind=Kind.ESCALATED,
        sentence=f"Nobody has acknowledged this for {span(waited.total_seconds())}: {value} when last told.",
        reason="not_acknowledged",
        at=stamp(now),
        key=f"{key}-escalated",
        sequence=1,
        edit_only=False,
    )


def late_and_over(
    rule: Rule, reading: Reading, cause: str, over: datetime, key: str, now: datetime, links: Links
) -> Notice:
    """The notice for what is found when it has been over for a while: `reading` is of its worst window."""
    value, began = reading.value or 0.0, reading.first_error_at or reading.window.start
    step = Step(Standing(), Why.LATE_AND_OVER, Kind.LATE)
    found = compose(rule, reading, step, Told(key, 1, began, value, value, rule.threshold), now, links)
    sentence = (
        f"Late: {cause}, and it has been over for {span((now - over).total_seconds())}. "
        f"At its worst {found.value}, over the threshold of {found.threshold}."
    )
    return replace(found, sentence=sentence, dataset=reading.dataset, resolved_at=stamp(over), notes=(), errors=0)


def _ended(rule: Rule, why: Why, value: float, told: Told) -> str:
    """The headline of an end that is no recovery; empty for everything else."""
    shown = text(rule, value)
    match why:
        case Why.TOO_LITTLE_TRAFFIC:
            return f"too little traffic to judge{_since(told)}; last judged {shown}"
        case Why.NOT_VISIBLE:
            return f"no longer visible to this token; last judged {shown}"
        case Why.NOT_WATCHED:
            return f"no longer watched; last judged {shown}"
        case Why.THRESHOLD_RAISED:
            return f"threshold raised to {text(rule, rule.threshold)}; it is at {shown}"
        case _:
            return ""


def _since(told: Told) -> str:
    return f" since {told.thin_since:%H:%M} UTC" if told.thin_since else ""


def _before(rule: Rule, told: Told) -> str:
    """The value people were told before; empty where that is not known."""
    return f" ({text(rule, told.last_told)})" if told.last_told else ""


def _since_told(rule: Rule, value: float, told: Told) -> str:
    """How the value has moved since the last notice."""
    if not told.last_said or value == told.last_said:
        return ", no better and no worse than last told" if told.last_said else ""
    return f", {'up' if value > told.last_said else 'down'} from {text(rule, told.last_said)}"


def _sentence(rule: Rule, step: Step, reading: Reading, value: float, told: Told, now: datetime) -> str:
    shown, limit, lasted = text(rule, value), text(rule, rule.threshold), span((now - told.opened_at).total_seconds())
    seen = rule.kind.headline(rule, reading, value)
    begun, since = f"{seen[:1].upper()}{seen[1:]}", _since_told(rule, value, told)
    match step.why:
        case Why.FIRST_SEEN:
            name = f"New error type {reading.issue.short_id}".strip() if reading.issue else "New error type"
            return f"{name}: it has not been seen in this project before."
        case Why.THRESHOLD_RAISED:
            before = text(rule, told.old_threshold)
            return (
                f"Ended because the threshold was raised from {before} to {limit}: the value is still {shown}. "
                f"It was open for {lasted}."
            )
        case Why.TOO_LITTLE_TRAFFIC:
            return (
                f"Ended because there has been too little traffic to judge by{_since(told)}, so nobody knows whether "
                f"it has stopped. {_traffic(rule, reading)} Last judged: {shown} (threshold {limit}). It was open for "
                f"{lasted}, and opens again if it is over the threshold once there is enough traffic."
            )
        case Why.NOT_VISIBLE:
            return (
                "Ended because the project is no longer visible to this token: it was deleted or transferred, or "
                f"access was withdrawn. It may go on failing unseen. Last judged: {shown} (threshold {limit}). "
                f"It was open for {lasted}."
            )
        case Why.RECOVERED | Why.STABLE_CLEAR:
            return f"Recovered after {lasted}: {seen}, at or under the threshold of {limit}, and it stayed there."
        case Why.FOUND_LATE:
            return f"Found late, and not known to have ended: {seen}, over the threshold of {limit}."
        case Why.DOUBLED:
            return f"It got worse: {seen} (threshold {limit}), at least double what it was{_before(rule, told)}."
        case Why.FASTER:
            return f"It got worse: {seen} (threshold {limit}){since}, growing at least twice as fast as before."
        case Why.REPEAT_DUE if step.standing.state is State.FLAPPING:
            return f"It still comes and goes after {lasted}: {seen} (threshold {limit}){since}."
        case Why.SILENCE_ENDED:
            return f"The silence is over, and this is not: {seen} (threshold {limit}){since}, open for {lasted}."
        case Why.REPEAT_DUE:
            return f"Still over the threshold of {limit} after {lasted}: {seen}{since}."
        case Why.NOT_WATCHED:
            return (
                "Ended because SENTRY_PROJECT or SENTRY_ALERT_ENVIRONMENTS no longer includes this. It may go on "
                f"failing unwatched. Last judged: {shown} (threshold {limit}). It was open for {lasted}."
            )
        case Why.STABLE_BREACHED:
            return f"It no longer comes and goes, it stays: {seen} (threshold {limit}){since}."
        case Why.CHANGES_OFTEN:
            return (
                f"It keeps starting and stopping: {seen} (threshold {limit}). Until it has been stable for a while, "
                "only a value twice as high is told, and a reminder now and then."
            )
        case _:
            return f"{begun}, over the threshold of {limit}."


def _errors(rule: Rule, reading: Reading) -> int:
    """How many errors the window held; 0 where that was not read."""
    if reading.issue is not None or reading.value is None:
        return 0
    return round(reading.value if rule.kind.is_count else reading.detail.get("errors", 0))


def _dataset(rule: Rule, reading: Reading) -> str:
    """What was read, and which of its events count."""
    if not (reading.dataset and rule.levels):
        return reading.dataset
    return f"{reading.dataset}, level {' or '.join(rule.levels)}"


def _traffic(rule: Rule, reading: Reading) -> str:
    """What came in the last window instead of enough transactions."""
    errors = reading.detail.get("errors", 0)
    beside = f" and {counted(errors, 'error')}" if errors else ""
    came = f"{transactions(reading)}{beside}" if reading.sample else f"no transactions{beside}"
    needed = "1 is" if rule.min_sample == 1 else f"{rule.min_sample} are"
    return f"The last {span(reading.window.seconds)} that were read had {came}; {needed} needed."


def _notes(reading: Reading, told: Told) -> Sequence[str]:
    notes = [f"The project {told.formerly} was renamed to {reading.project.slug}."] if told.formerly else []
    if told.behind is not None:
        since, until, why = told.behind
        notes.append(
            f"From {since:%H:%M} to {until:%H:%M} UTC it could not be judged, for Sentry's ingestion was behind: {why}."
        )
    notes += [reading.note] if reading.note else []
    if reading.trust is Trust.DROPPED and not reading.note:
        notes.append("Sentry is dropping events of this project, so the true value is higher.")
    return notes
