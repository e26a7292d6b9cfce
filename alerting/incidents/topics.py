"""What is told of ourselves and of Sentry, and of no project: the topics, and the words for each of them. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from alerting.outbox.message import Kind, Notice
from alerting.rules.units import counted, plain, span, stamp

SUBJECT = "sentry"
MOST_NAMED = 10


@dataclass(frozen=True, slots=True)
class Topic:
    """One thing to tell: its name in rows, and in people's words what its values and its threshold are."""

    rule: str
    title: str
    severity: str
    unit: str
    value: Callable[[float], str]
    threshold: Callable[[float], str] = span


BLIND = Topic("blind", "Blind", "high", "seconds", lambda value: f"no reading for {span(value)}")
BEHIND = Topic("behind", "Ingestion behind", "medium", "seconds", lambda value: f"behind for {span(value)}")
DROPPING = Topic(
    "dropping",
    "Dropped events",
    "medium",
    "events",
    lambda value: counted(value, "dropped error event"),
    plain,
)
TOPICS = {topic.rule: topic for topic in (BLIND, BEHIND, DROPPING)}


@dataclass(frozen=True, slots=True)
class Words:
    """What one notice says besides its topic. `began` and `over` are when what it is about did begin and end.

    `over` is None where that is found out only now, or has not happened.
    """

    kind: Kind
    headline: str
    sentence: str
    value: str
    began: datetime
    environment: str = ""
    over: datetime | None = None


def notice(topic: Topic, words: Words, key: str, reason: str, threshold: float, sequence: int, now: datetime) -> Notice:
    """The notice of one incident."""
    return Notice(
        kind=words.kind,
        key=key,
        headline=words.headline,
        sentence=words.sentence,
        severity=topic.severity,
        at=stamp(now),
        rule=topic.rule,
        rule_title=topic.title,
        project=SUBJECT,
        environment=words.environment,
        value=words.value,
        threshold=topic.threshold(threshold),
        reason=reason,
        opened_at=stamp(words.began),
        resolved_at=stamp(words.over or now) if words.kind in {Kind.RESOLVED, Kind.SIGHTED} else "",
        sequence=sequence,
    )


def blind(lost: str, fault: str, since: datetime, now: datetime) -> Words:
    """Nothing of `lost` was read since then; `fault` is a sentence."""
    return Words(
        Kind.BLIND,
        f"no reading from Sentry since {since:%H:%M} UTC",
        f"Since {stamp(since)} we have not been able to read {lost} from Sentry: {fault} "
        "Until this is mended, silence from us does not mean that all is well.",
        BLIND.value((now - since).total_seconds()),
        since,
    )


def sighted(left_out: str, since: datetime, now: datetime) -> Words:
    """What was lost can be read again; `left_out` says what is too long ago, empty where nothing is."""
    return Words(
        Kind.SIGHTED,
        f"Sentry can be read again after {span((now - since).total_seconds())}",
        f"Resolved: Sentry answers again. It could not be read from {stamp(since)} to {stamp(now)}. "
        f"What was missed meanwhile is judged now and told once, marked late.{left_out and f' {left_out}'}",
        "reading again",
        since,
    )


def running_again(left_out: str, since: datetime, until: datetime, now: datetime) -> Words:
    """No evaluation ran, and what happened until then is too long ago."""
    return Words(
        Kind.SIGHTED,
        f"nothing was judged for {span((now - since).total_seconds())}, and not all of it is judged now",
        f"Resolved: no evaluation had finished since {stamp(since)}. What happened since {stamp(until)} is judged now "
        f"and told once, marked late. {left_out}",
        "reading again",
        since,
    )


def behind(why: str, kept: Sequence[str], since: datetime, now: datetime) -> Words:
    """Ingestion is behind, and keeps so much from people."""
    more = f" and {len(kept) - MOST_NAMED} more" if len(kept) > MOST_NAMED else ""
    return Words(
        Kind.FIRST,
        f"Sentry has shown events late since {since:%H:%M} UTC",
        f"Sentry's ingestion is behind: {why}. Until it has caught up, {', '.join(kept[:MOST_NAMED])}{more} "
        "cannot end, and no rate or latency is told; counts over their threshold are.",
        BEHIND.value((now - since).total_seconds()),
        since,
    )


def caught_up(since: datetime, until: datetime) -> Words:
    """Ingestion was behind from then to then."""
    return Words(
        Kind.RESOLVED,
        "Sentry shows events in time again",
        f"Resolved: Sentry's ingestion was behind from {stamp(since)} to {stamp(until)}. What could not be "
        "judged meanwhile is judged now.",
        BEHIND.value((until - since).total_seconds()),
        since,
        over=until,
    )


def dropping(counts: Sequence[tuple[str, int]], reasons: str, environment: str, now: datetime) -> Words:
    """Events are dropped, so many of each project, and nobody knows of which environment."""
    total = sum(count for _, count in counts)
    value, named = DROPPING.value(total), counts[:MOST_NAMED]
    each = ", ".join(f"{count} of {name}" for name, count in named)
    shown = f"{value} of {named[0][0]}" if len(counts) == 1 else f"{value}, {each}"
    return Words(
        Kind.FIRST,
        f"Sentry dropped {counted(total, 'error event')} in the last minutes, so our counts are too low",
        f"Sentry throws events away ({reasons}): {shown}, over the threshold of 0. It does not say of which "
        f"environment, so they are missing from what we count in {environment}. Until it stops, no incident of these "
        "projects is resolved and no error rate of theirs is judged.",
        value,
        now,
        environment,
    )
