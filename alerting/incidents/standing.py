"""What is remembered of an open incident between ticks: plain frozen data, and how it is kept as JSON. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from alerting.incidents.worsening import Level
from alerting.poll.as_json import AsJson


class State(StrEnum):
    OK = "ok"
    FIRING = "firing"
    RECOVERING = "recovering"
    FLAPPING = "flapping"


@dataclass(frozen=True, slots=True)
class Standing(AsJson):
    """What is remembered of an open incident between ticks; OK is the absence of one.

    `level` is what people know of how bad it is, `told_at` the time of the last notice of any kind.
    `breach_until` is the end of the newest breached window: a settled window that ends before it says nothing about
    recovery. `clear_since` is the end of the first settled window of the current clear streak. From `thin_since` to
    `thin_until`, the ends of the first and the last of an unbroken row of settled windows, traffic was too little.
    From `behind_since` to `behind_until` it could not be judged because ingestion was behind; people are told of that
    with the next notice.
    """

    state: State = State.OK
    threshold: float = 0.0
    since: datetime | None = None
    level: Level = field(default_factory=Level)
    told_at: datetime | None = None
    worse_at: datetime | None = None
    breach_until: datetime | None = None
    clear_since: datetime | None = None
    thin_since: datetime | None = None
    thin_until: datetime | None = None
    behind_since: datetime | None = None
    behind_until: datetime | None = None
    behind_why: str = ""

    def to_json(self) -> dict[str, Any]:
        return {name: value for name, value in AsJson.to_json(self).items() if value is not None}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        # Before there were levels, the told value stood by itself.
        told = data.get("told_value", 0.0)
        return super(Standing, cls).from_json({"level": {"told": told, "most": told}, **data})
