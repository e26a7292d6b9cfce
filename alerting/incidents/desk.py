"""How this service decides and tells: its policy, its channels, its times."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from alerting.incidents.lifecycle import Policy
from alerting.incidents.links import Links
from alerting.incidents.quiet import Quiet
from alerting.outbox.message import Notice
from alerting.outbox.queue import Debt
from alerting.rules.model import Rule, Severity


@dataclass(frozen=True, slots=True)
class Escalation:
    """After how long what nobody has acknowledged goes where else: by channel, what changes of the notice."""

    after: timedelta
    targets: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Desk:
    """What deciding and telling need besides the verdicts: the policy, where links lead, and the enabled channels.

    A channel is told of its severities, and always of what is about ourselves.
    `quiet_at` tells what people have asked not to be told at a moment, which may lie in the past.
    Ticks come every `interval_seconds`, windows are settled after `settle_seconds`, and `catch_up_seconds` are looked
    back at (0: not at all). `watched` is a hash of what is read and where.
    """

    policy: Policy
    channels: Mapping[str, Collection[Severity]]
    links: Links
    environment: str
    escalation: Escalation | None = None
    quiet_at: Callable[[datetime], Quiet] = lambda _: Quiet()
    interval_seconds: int = 15
    settle_seconds: int = 120
    catch_up_seconds: int = 0
    watched: str = ""

    def debts(self, rule: Rule, notice: Notice, is_silenced: bool) -> list[Debt]:
        """The notice, owed to every channel that is told of this rule."""
        told = [name for name, severities in self.channels.items() if rule.severity in severities]
        return [Debt(notice, name, rule.severity.rank, is_silenced) for name in told]
