"""The notice: what one outbox message says, as plain data that every channel can render. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """Why this notice is sent; shown to people as the notice's reason."""

    FIRST = "first"
    REMINDER = "repeat"
    WORSE = "worse"
    RESOLVED = "resolved"
    ENDED = "ended"
    LATE = "late"
    FLAPPING = "flapping"
    ESCALATED = "escalated"
    DIGEST = "digest"
    STALE = "stale_summary"
    BLIND = "blind"
    SIGHTED = "sighted"
    CHANNEL = "channel_broken"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Line:
    """One incident inside a digest. Texts, already in people's units.

    `at` is when the notice was written, `happened` when what it tells took place, where that is another time. `over`
    says that it has ended.
    """

    kind: str
    rule: str
    severity: str
    project: str
    environment: str
    value: str
    threshold: str
    at: str
    title: str = ""
    link: str = ""
    happened: str = ""
    over: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """Everything a person is told about one transition, with its evidence.

    `value`, `threshold` and `peak` are text in people's units ("11 errors", "5% (0.05)", "1500 ms"); times are ISO
    8601 UTC. `headline` and `sentence` are written by us; `project`, `environment`, `issue` and the titles in
    `lines` are hostile text from events and must be escaped by every renderer. `key` names the incident (threads
    and edits hang on it); `sequence` counts its notices from 1. `notes` are further sentences of ours (what is being
    dropped, which channel refused). `formerly` is the project's former name, in the first notice after it was renamed.
    `recipients` limits an email to those who are still owed it; empty means everyone. With `edit_only` nothing is
    posted: a card that stands is brought up to date, for a change that was told in a digest. `in_hand` names who has
    acknowledged the incident. `slack_channel` is where a Slack notice goes instead of the configured channel.
    """

    kind: Kind
    key: str
    headline: str
    sentence: str
    severity: str
    at: str
    rule: str = ""
    rule_title: str = ""
    project: str = ""
    formerly: str = ""
    environment: str = ""
    value: str = ""
    threshold: str = ""
    peak: str = ""
    reason: str = ""
    window_start: str = ""
    window_end: str = ""
    sample: str = ""
    dataset: str = ""
    first_error_at: str = ""
    opened_at: str = ""
    resolved_at: str = ""
    link: str = ""
    issue: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()
    totals: Mapping[str, int] = field(default_factory=dict)
    sequence: int = 1
    recipients: tuple[str, ...] = ()
    edit_only: bool = False
    in_hand: str = ""
    slack_channel: str = ""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Notice":
        """Unknown keys are ignored, so that an older worker can deliver what a newer one wrote during a deploy."""
        known = {f.name for f in fields(cls)}
        values = {key: value for key, value in data.items() if key in known}
        line_keys = {f.name for f in fields(Line)}
        values["kind"] = Kind(values["kind"])
        values["notes"] = tuple(values.get("notes", ()))
        values["recipients"] = tuple(values.get("recipients", ()))
        values["lines"] = tuple(
            Line(**{key: value for key, value in line.items() if key in line_keys}) for line in values.get("lines", ())
        )
        return cls(**values)
