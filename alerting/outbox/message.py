"""What the outbox and channels say to each other, as plain data: the notice, its receipt, how much is taken. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import timedelta
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
    MENDED = "channel_mended"
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
class TopError:
    """One of the errors behind a notice: how often it came in the notice's window. `release` is where it first came."""

    title: str
    culprit: str
    count: int
    first_seen: str
    link: str = ""
    release: str = ""


@dataclass(frozen=True, slots=True)
class Trend:
    """Values of the last hour, oldest first, each comparable to `limit`; the last one ends at `until`."""

    values: tuple[float, ...]
    limit: float
    until: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Everything a person is told about one transition, with its evidence.

    `value`, `threshold` and `peak` are text in people's units ("11 errors", "5%", "1500 ms"); times are ISO
    8601 UTC. `headline` and `sentence` are written by us; `project`, `environment`, `issue` and the titles in
    `lines` are hostile text from events and must be escaped by every renderer. `key` names the incident (threads
    and edits hang on it); `sequence` counts its notices from 1. `notes` are further sentences of ours (what is being
    dropped, which channel refused). `formerly` is the project's former name, in the first notice after it was renamed.
    `recipients` limits an email to those who are still owed it; empty means everyone. With `edit_only` nothing is
    posted: a card that stands is brought up to date, for a change that was told in a digest. `in_hand` names who has
    acknowledged the incident. `slack_channel` is where a Slack notice goes instead of the configured channel.
    With `is_test` it is an example that says so everywhere.
    `top_errors` are the most frequent errors of the window, hostile text too, `errors` how many there were in all;
    `trend` is the last hour.
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
    is_test: bool = False
    project_id: str = ""
    errors: int = 0
    top_errors: tuple[TopError, ...] = ()
    trend: Trend | None = None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Notice":
        """Unknown keys are ignored, so that an older worker can deliver what a newer one wrote during a deploy."""
        known = {f.name for f in fields(cls)}
        values = {key: value for key, value in data.items() if key in known}
        values["kind"] = Kind(values["kind"])
        values["notes"] = tuple(values.get("notes", ()))
        values["recipients"] = tuple(values.get("recipients", ()))
        values["lines"] = tuple(Line(**_known(Line, line)) for line in values.get("lines", ()))
        values["top_errors"] = tuple(TopError(**_known(TopError, each)) for each in values.get("top_errors", ()))
        trend = values.get("trend")
        values["trend"] = Trend(**{**_known(Trend, trend), "values": tuple(trend["values"])}) if trend else None
        return cls(**values)


def _known(kind: type[Line] | type[TopError] | type[Trend], data: Mapping[str, Any]) -> dict[str, Any]:
    names = {each.name for each in fields(kind)}
    return {key: value for key, value in data.items() if key in names}


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a provider told us about a delivered notice, kept for the incident's next one.

    `ref` is opaque to everybody but the notifier that wrote it (Slack bot: channel and ts of the card; email: the
    Message-ID that starts the thread). It never holds a secret. `editable` says that what was sent can be changed
    afterwards, so that a change told elsewhere is worth an edit (`Notice.edit_only`).

    A mail is delivered once at least one recipient has it. `refused` maps recipients turned away for good, `deferred`
    those turned away for now, to what the server said; owe the latter the same notice again, limited to them with
    `Notice.recipients`.
    """

    ref: Mapping[str, str] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    deferred: Mapping[str, str] = field(default_factory=dict)
    editable: bool = False


@dataclass(frozen=True, slots=True)
class Capacity:
    """How much one channel takes. `pace` is the least time between two messages.

    `lines` is how many notices one digest holds with everything in their lines, `short_lines` how many with what nobody
    can do without.
    """

    pace: timedelta = timedelta(0)
    lines: int = 500
    short_lines: int = 500


UNBOUND = Capacity()
