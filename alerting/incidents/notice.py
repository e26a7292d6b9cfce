"""From a decision to the notice that tells people about it, with all its evidence. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from alerting.incidents.lifecycle import Step, Why
from alerting.incidents.links import Links
from alerting.outbox.message import Kind, Notice
from alerting.rules.model import Judgement, Reading, Rule, Trust
from alerting.rules.units import plain, span, text

TITLE_LIMIT = 300


@dataclass(frozen=True, slots=True)
class Told:
    """What the notice needs to know of the incident besides the decision itself. Values are in the rule's unit."""

    key: str
    sequence: int
    opened_at: datetime
    peak: float
    previous: float
    old_threshold: float


def compose(rule: Rule, reading: Reading, step: Step, told: Told, now: datetime, links: Links) -> Notice:
    """The notice for one told decision."""
    if step.tell is None:
        raise ValueError(f"decision {step.why} stays quiet, so there is no notice to compose")
    value = reading.value if reading.value is not None else told.previous
    issue = reading.issue
    resolved = step.tell is Kind.RESOLVED
    return Notice(
        kind=step.tell,
        key=told.key,
        headline=_headline(rule, reading, value),
        sentence=_sentence(rule, step, value, told, now),
        severity=rule.severity.value,
        at=stamp(now),
        rule=rule.name,
        rule_title=rule.title,
        project=reading.project.slug,
        environment=reading.environment,
        value="1 new issue" if issue else text(rule, value),
        threshold="0 (every new issue is told)" if issue else text(rule, rule.threshold),
        peak="" if issue else text(rule, max(told.peak, value)),
        reason=step.why.value,
        window_start=stamp(reading.window.start) if reading.window.seconds else "",
        window_end=stamp(reading.window.end) if reading.window.seconds else "",
        sample=_sample(rule, reading),
        dataset=_dataset(rule, reading),
        first_error_at=stamp(reading.first_error_at) if reading.first_error_at else "",
        opened_at=stamp(told.opened_at),
        resolved_at=stamp(now) if resolved else "",
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
        notes=tuple(_notes(reading)),
        sequence=told.sequence,
    )


def stamp(moment: datetime) -> str:
    """ISO 8601 in UTC to the second."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _headline(rule: Rule, reading: Reading, value: float) -> str:
    if reading.issue is not None:
        return f"new error type {reading.issue.short_id}".strip()
    window = span(reading.window.seconds)
    match rule.judgement:
        case Judgement.ERROR_RATE:
            return f"error rate {text(rule, value)} over {window}"
        case Judgement.P95_LATENCY:
            return f"p95 latency {text(rule, value)} over {window}"
        case _:
            return f"{text(rule, value)} in {window}"


def _sentence(rule: Rule, step: Step, value: float, told: Told, now: datetime) -> str:
    shown, limit, lasted = text(rule, value), text(rule, rule.threshold), span((now - told.opened_at).total_seconds())
    match step.why:
        case Why.FIRST_SEEN:
            return "This error type was not seen before in this project."
        case Why.THRESHOLD_RAISED:
            before = text(rule, told.old_threshold)
            return (
                f"Closed because the threshold was raised from {before} to {limit}, not because it recovered: "
                f"the value is {shown}. It was open for {lasted}."
            )
        case Why.RECOVERED | Why.STABLE_CLEAR:
            return f"Recovered: {shown}, at or under the threshold of {limit}, and it stayed there. It lasted {lasted}."
        case Why.DOUBLED:
            return f"It got worse: {shown} (threshold {limit}), at least double what was last told."
        case Why.REPEAT_DUE:
            return f"Still over the threshold after {lasted}: {shown} (threshold {limit})."
        case Why.DROPPED:
            return (
                f"Not resolved after {lasted}: {shown} reached Sentry (threshold {limit}), but it is dropping this "
                "project's events, so a low value proves nothing."
            )
        case Why.NO_DATA:
            return (
                f"Not resolved after {lasted}: there are too few transactions to judge by. "
                f"The last value is {shown} (threshold {limit})."
            )
        case Why.NOT_WATCHED:
            return (
                "Closed because SENTRY_PROJECT or SENTRY_ALERT_ENVIRONMENTS no longer includes this, not because it "
                f"recovered: the last value is {shown} (threshold {limit}). It was open for {lasted}."
            )
        case Why.STABLE_BREACHED:
            return f"It no longer comes and goes: {shown} (threshold {limit}) throughout the last minutes."
        case Why.CHANGES_OFTEN:
            return (
                f"It keeps starting and stopping: {shown} (threshold {limit}). "
                "Nothing more is told until it has been stable for a while."
            )
        case _:
            return f"{shown} is over the threshold of {limit}."


def _sample(rule: Rule, reading: Reading) -> str:
    if reading.issue is not None:
        return ""
    if rule.judgement is Judgement.ERROR_RATE and reading.sample is not None:
        return f"{plain(reading.detail.get('errors', 0))} errors / {reading.sample} transactions"
    if reading.sample is not None:
        return f"{reading.sample} transactions"
    return f"{plain(reading.value)} events" if reading.value is not None else ""


def _dataset(rule: Rule, reading: Reading) -> str:
    """What was read, and which of its events count."""
    if not (reading.dataset and rule.levels):
        return reading.dataset
    return f"{reading.dataset}, level {' or '.join(rule.levels)}"


def _notes(reading: Reading) -> Sequence[str]:
    notes = [reading.note] if reading.note else []
    if reading.trust is Trust.DROPPED and not reading.note:
        notes.append("Sentry is dropping events of this project, so the true value is higher.")
    return notes
