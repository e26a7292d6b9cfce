"""Folding: many notices into one digest with exact counts, so that a storm never costs a notice. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from alerting.outbox.message import Capacity, Kind, Line, Notice
from alerting.rules.units import counted, stamp

# Up to this many notices are sent one by one.
FOLD_ABOVE = 5
# New error types come in litters, after a deploy or after downtime; from three on they are one notice.
FOLD_NEW_ISSUES_ABOVE = 2
FOLDED_KINDS = (Kind.DIGEST, Kind.STALE)
MOST_NOTES = 5
TOGETHER = " in one message"
# With more messages than this to come, short lines now are worth more than long ones a minute later.
_SHORT_ABOVE = 5


def most(capacity: Capacity, waiting: int, *, titled: bool) -> int:
    """How many notices one digest of a channel holds while so many are waiting; `titled` ones are nothing without.

    That is so for new issues: their lines differ by their titles alone.
    """
    return capacity.lines if titled or waiting <= _SHORT_ABOVE * capacity.lines else capacity.short_lines


def digest(notices: Sequence[Notice], kind: Kind, waiting: int, now: datetime, first_id: int) -> Notice:
    """One notice that names every member. `waiting` is how many were to be folded in all, these included."""
    totals = Counter(f"{notice.rule_title or notice.kind}: {notice.kind}" for notice in notices)
    projects = len({notice.project for notice in notices if notice.project})
    left = waiting - len(notices)
    about = f" about {counted(projects, 'project')}" if projects else ""
    sentence = f"{counted(len(notices), 'notice')}{about}{TOGETHER}"
    sentence += f"; {left} more follow{'s' if left == 1 else ''}." if left > 0 else "."
    made = Notice(
        kind=Kind.DIGEST,
        key=f"digest-{first_id}-{now:%Y%m%d%H%M%S}",
        headline=counted(len(notices), "notice") + (f", {counted(projects, 'project')}" if projects else ""),
        sentence=sentence,
        severity="high" if any(notice.severity == "high" for notice in notices) else "medium",
        at=stamp(now),
        reason=Kind.DIGEST.value,
        notes=_shared(notices),
        lines=tuple(_line(notice) for notice in notices),
        totals=dict(totals.most_common()),
    )
    return overdue(made, now) if kind is Kind.STALE else made


def overdue(notice: Notice, now: datetime) -> Notice:
    """A digest that comes too late, dated honestly: it says so, and how old its oldest line is."""
    since = min(line.at for line in notice.lines)
    return replace(
        notice,
        kind=Kind.STALE,
        sentence=notice.sentence.replace(TOGETHER, f" could not be delivered in time, the oldest since {since}", 1),
        at=stamp(now),
        reason=Kind.STALE.value,
    )


def _shared(notices: Sequence[Notice]) -> tuple[str, ...]:
    """What the members had to add, each sentence once, with the number of those it is about unless it is all."""
    notes = Counter(note for notice in notices for note in notice.notes)
    return tuple(
        note if count == len(notices) else f"About {count} of these: {note}"
        for note, count in notes.most_common(MOST_NOTES)
    )


def _line(notice: Notice) -> Line:
    tells_why = notice.kind is Kind.ENDED
    return Line(
        kind=notice.kind.value,
        rule=notice.rule_title or notice.rule,
        severity=notice.severity,
        project=f"{notice.project} (formerly {notice.formerly})" if notice.formerly else notice.project,
        environment=notice.environment,
        value=notice.value,
        threshold=notice.threshold,
        at=notice.at,
        title=notice.issue.get("title", "") or (notice.headline if tells_why or not notice.project else ""),
        link=notice.link,
        happened=notice.window_end if notice.kind is Kind.LATE else notice.issue.get("first_seen", ""),
        over=bool(notice.resolved_at),
    )
