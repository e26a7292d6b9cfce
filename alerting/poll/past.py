"""What is remembered of the past that is looked at again, and what a look goes by. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, NamedTuple

from pydantic import Field

from alerting.poll.as_json import AsJson
from alerting.poll.blocks import Block, Told
from alerting.rules import windows
from alerting.rules.model import Project, Rule, Window

LOOK_EVERY = timedelta(minutes=1)
SHORTEST_BLOCK_SECONDS = 60
LONGEST_BLOCK_SECONDS = 600
BLOCKS_PER_WINDOW = 5
# What cannot be decided for so long, because more urgent questions use up the requests, is left as it was judged.
PATIENCE = timedelta(hours=1)


class Span(NamedTuple):
    """A stretch in which events have arrived, by project id, and nobody knows yet where."""

    start: datetime
    end: datetime
    growth: Mapping[str, int]


class Arrived(NamedTuple):
    """What one look found, by project id: events that came after their block was read, and those of new blocks."""

    at: datetime
    late: Mapping[str, int]
    fresh: Mapping[str, int]


@dataclass(slots=True)
class Past(AsJson):
    """What is remembered. `offset` is by how much a look differs from the blocks' sum, `grown` what of it is growth.

    `fresh` is what new blocks held since the last look. `usual` is in which share of minutes a project is heard of.
    `watched` names what was read and where, None before the first look; the next one is due at `due_at`.
    """

    # Rows of their own in the database.
    blocks: Annotated[list[Block], Field(exclude=True)] = field(default_factory=list)
    looked_at: datetime | None = None
    offset: Counter[str] = field(default_factory=Counter)
    grown: Counter[str] = field(default_factory=Counter)
    suspects: list[str] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    arrivals: list[Arrived] = field(default_factory=list)
    fresh: Counter[str] = field(default_factory=Counter)
    usual: dict[str, float] = field(default_factory=dict)
    late_since: dict[str, datetime] = field(default_factory=dict)
    watched: str | None = None
    due_at: datetime | None = None

    def next_look(self, scope: "Scope") -> datetime:
        """When there is something to do again, if nothing is heard of a gap until then."""
        if self.spans or any(block.unjudged for block in self.blocks) or self.looked_at is None:
            return scope.now
        end = self.blocks[-1].end if self.blocks else scope.origin
        return min(self.looked_at + LOOK_EVERY, end + scope.step + timedelta(seconds=scope.settle_seconds))

    def give_up(self, scope: "Scope") -> dict[str, Window]:
        """Stop waiting for requests to judge with; returns between when, by project id, nothing was decided."""
        long_ago, found = (scope.now - PATIENCE).timestamp(), dict[str, Window]()
        for block in self.blocks:
            if any(gap.start < block.end and block.start < gap.end for gap in scope.gaps):
                continue
            for project, since in list(block.unjudged.items()):
                if since <= long_ago or block.end <= scope.origin:
                    del block.unjudged[project]
                    found[project] = Window(found[project].start if project in found else block.start, block.end)
        return found


@dataclass(frozen=True, slots=True)
class Scope:
    """What a turn goes by. `origin` is where the past begins, `gaps` are stretches nobody judged when fresh."""

    rule: Rule
    now: datetime
    settle_seconds: int
    origin: datetime
    gaps: Sequence[Window] = ()
    told: Mapping[str, Sequence[Told]] = field(default_factory=dict)

    @property
    def length(self) -> timedelta:
        return timedelta(seconds=self.rule.window_seconds)

    @property
    def step(self) -> timedelta:
        return timedelta(seconds=block_seconds(self.rule.window_seconds))

    @property
    def edge(self) -> datetime:
        """Up to where everything has been judged by settled windows."""
        settled = self.now - timedelta(seconds=self.settle_seconds)
        return windows.floor(settled, block_seconds(self.rule.window_seconds))


@dataclass(frozen=True, slots=True)
class Breach:
    """One project's windows were over the threshold throughout `stretch`; the `worst` of them held `value`.

    `goes_on` says that its end is not known: it reaches up to what is judged last. `continues` says that it belongs to
    a stretch that was found late before.
    """

    project: Project
    stretch: Window
    worst: Window
    value: float
    first_error_at: datetime
    goes_on: bool = False
    continues: bool = False


def block_seconds(window_seconds: int) -> int:
    """Length of a new block: a fifth of the window, in whole minutes."""
    fifth = window_seconds // BLOCKS_PER_WINDOW // SHORTEST_BLOCK_SECONDS * SHORTEST_BLOCK_SECONDS
    return max(SHORTEST_BLOCK_SECONDS, min(LONGEST_BLOCK_SECONDS, fifth))
