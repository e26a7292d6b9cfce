"""What a notice's machine names are called for people: tags, moods, next steps. Pure tables."""

from enum import StrEnum

from alerting.outbox.message import Kind, Line, Notice
from alerting.rules.catalog import KINDS
from alerting.rules.kind import SEE_ISSUES
from alerting.rules.new_issue.kind import KIND as NEW_ISSUE

_ABOUT_US = frozenset({Kind.BLIND, Kind.SIGHTED, Kind.CHANNEL, Kind.MENDED, Kind.TEST, Kind.DIGEST, Kind.STALE})
# What keeps us from judging is no error of a project's.
_RULES_ABOUT_US = frozenset({"behind", "dropping"})


class Mood(StrEnum):
    """What a glance should tell, worst first."""

    ALARM = "alarm"
    WARNING = "warning"
    GOOD = "good"
    QUIET = "quiet"


TAGS: dict[str, str] = {
    Kind.FIRST: "firing",
    Kind.REMINDER: "still firing",
    Kind.WORSE: "worse",
    Kind.RESOLVED: "resolved",
    Kind.ENDED: "ended",
    Kind.LATE: "late",
    Kind.FLAPPING: "flapping",
    Kind.ESCALATED: "nobody has it",
    Kind.DIGEST: "digest",
    Kind.STALE: "late summary",
    Kind.BLIND: "blind",
    Kind.SIGHTED: "seeing again",
    Kind.CHANNEL: "channel broken",
    Kind.MENDED: "channel works again",
    Kind.TEST: "test",
    "silenced": "silenced meanwhile",
}

NEW_ERROR_TYPE = NEW_ISSUE.title
_MOODS: dict[str, Mood] = {
    Kind.RESOLVED: Mood.GOOD,
    Kind.SIGHTED: Mood.GOOD,
    Kind.MENDED: Mood.GOOD,
    Kind.ENDED: Mood.WARNING,
    Kind.FLAPPING: Mood.WARNING,
    Kind.LATE: Mood.WARNING,
    Kind.STALE: Mood.WARNING,
    Kind.TEST: Mood.QUIET,
}

_ENDED_STEPS: dict[str, str] = {
    "threshold_raised": "Nothing to do if the new threshold is meant.",
    "too_little_traffic": "See whether this traffic should be there: its absence may be the next failure.",
    "not_watched": "Nothing to do if the new configuration is meant.",
    "not_visible": "If it should be watched, give the token access to the project again.",
}


def is_about_us(notice: Notice) -> bool:
    """Whether it tells of ourselves, of Sentry or of many: its value and threshold belong to the small print."""
    return notice.kind in _ABOUT_US or notice.rule in _RULES_ABOUT_US


def channel_title(name: str) -> str:
    """A channel in a sentence."""
    return "Slack" if name == "slack" else name


def tag(kind: str, *, is_issue: bool = False, is_over: bool = False) -> str:
    """The word in brackets that every subject starts with."""
    if kind == Kind.FIRST and is_issue:
        return "new"
    if kind == Kind.LATE:
        return "late, already over" if is_over else "late, still open"
    return TAGS.get(kind, kind.replace("_", " "))


def mood(notice: Notice) -> Mood:
    """Alarm for what is high and open, and so on down; a digest is as bad as the worst of its lines."""
    found = {mood_of(each) for each in notice.lines or (notice,)}
    return next(each for each in Mood if each in found)


def mood_of(told: Notice | Line) -> Mood:
    """The same for one notice, or one line of a digest."""
    return _MOODS.get(told.kind, Mood.ALARM if told.severity == "high" else Mood.WARNING)


def total(name: str, count: int) -> str:
    """How many notices of one sort a digest holds; the sorts are named `<rule's title>: <kind>`."""
    title, _, kind = name.rpartition(": ")
    word = TAGS.get(kind, kind.replace("_", " "))
    if title == NEW_ERROR_TYPE and kind == Kind.FIRST:
        return f"{count} × {title}"
    return f"{count} × {title} {word}" if title else f"{count} × {word}"


def next_step(notice: Notice) -> str:
    """What the reader does now, first things first."""
    match notice.kind:
        case Kind.RESOLVED | Kind.SIGHTED | Kind.MENDED:
            return "Nothing to do now."
        case Kind.ENDED:
            return _ENDED_STEPS.get(notice.reason, "Look at the present state in Sentry.")
        case Kind.ESCALATED:
            return "Acknowledge it, or find who does: nobody has it in hand."
        case Kind.TEST:
            return "Nothing to do: this channel works."
        case Kind.BLIND:
            return "Run `alerting check`: it says what to mend. Watch Sentry itself until then."
        case Kind.CHANNEL:
            return (
                "Mend what it names, then restart the worker: the channel is tried again at once. "
                f"`alerting outbox reopen {notice.project}` tries it without a restart. With neither, it is tried now "
                "and then: after a minute at first, once an hour in the end."
            )
        case Kind.DIGEST if mood(notice) is Mood.GOOD:
            return "Nothing to do now."
        case Kind.DIGEST if {line.rule for line in notice.lines} == {NEW_ERROR_TYPE}:
            return "See their stack traces and who is affected."
        case Kind.DIGEST:
            return "Start with the first lines: they are the most severe."
        case Kind.STALE:
            return "Look at the present state in Sentry: some of these may be over."
        case Kind.FLAPPING:
            return "Look for what comes and goes, or raise the threshold if this level is normal."
        case Kind.LATE if notice.resolved_at:
            return "It is over. Look at what happened then, so that it does not come back."
        case _ if notice.rule == "behind":
            return "Look at what it concerns in Sentry itself. Sentry catches up by itself; then this is over."
        case _ if notice.rule == "dropping":
            return "Raise the quota in Sentry, or find what sends so much."
        case _ if notice.top_errors:
            return "Open the first of these errors: its stack trace says where to look."
        case _ if notice.issue:
            return "See its stack trace and who is affected."
        case _:
            return next((kind.next_step for kind in KINDS if kind.name == notice.rule), SEE_ISSUES)
