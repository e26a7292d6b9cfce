"""Folding: many notices into one digest with exact counts, so that a storm never costs a notice. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from alerting.outbox.message import Kind, Line, Notice

# Up to this many notices are sent one by one.
FOLD_ABOVE = 5
# New error types come in litters, after a deploy or after downtime; from three on they are one notice.
FOLD_NEW_ISSUES_ABOVE = 2
FOLDED_KINDS = (Kind.DIGEST, Kind.STALE)
# Slack's blocks hold about 75 lines; a mail holds more, but nobody reads a longer one.
_LIMITS: Mapping[str, int] = {"slack": 70}
_DEFAULT_LIMIT = 500


def limit(channel: str) -> int:
    """How many notices one digest of this channel holds."""
    return _LIMITS.get(channel, _DEFAULT_LIMIT)


def digest(notices: Sequence[Notice], kind: Kind, waiting: int, now: datetime, first_id: int) -> Notice:
    """One notice that names every member. `waiting` is how many were waiting in all, these included."""
    totals = Counter(f"{notice.rule_title or notice.kind}: {notice.kind}" for notice in notices)
    projects = len({notice.project for notice in notices if notice.project})
    left = waiting - len(notices)
    sentence = f"{len(notices)} notices about {projects} project{'s' if projects != 1 else ''} in one message"
    sentence += f"; {left} more follow." if left > 0 else "."
    if kind is Kind.STALE:
        oldest = min(notice.at for notice in notices)
        sentence = (
            f"These {len(notices)} notices could not be delivered in time, the oldest since {oldest}. " + sentence
        )
    stamp = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    return Notice(
        kind=kind,
        key=f"digest-{first_id}-{now:%Y%m%d%H%M%S}",
        headline=f"{len(notices)} notices, {projects} projects",
        sentence=sentence,
        severity="high" if any(notice.severity == "high" for notice in notices) else "medium",
        at=stamp,
        reason=kind.value,
        lines=tuple(_line(notice) for notice in notices),
        totals=dict(totals.most_common()),
    )


def _line(notice: Notice) -> Line:
    return Line(
        kind=notice.kind.value,
        rule=notice.rule_title or notice.rule,
        severity=notice.severity,
        project=notice.project,
        environment=notice.environment,
        value=notice.value,
        threshold=notice.threshold,
        at=notice.at,
        title=notice.issue.get("title", "") or ("" if notice.project else notice.headline),
        link=notice.link,
    )
