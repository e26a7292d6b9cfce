"""What the pipeline runs on; made once per process by `alerting.wiring`."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from alerting.complete_notices import Completion
from alerting.incidents.desk import Desk
from alerting.notifiers.base import Notifier
from alerting.rules.answers import Source
from alerting.rules.model import Rule


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of one service. `configuration` is a hash of all that decides."""

    rules: tuple[Rule, ...]
    source: Source
    notifiers: Mapping[str, Notifier]
    desk: Desk
    fingerprints: Mapping[str, str] = field(default_factory=dict)
    configuration: str = ""
    completion: Completion | None = None
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    sleep: Callable[[float], None] = time.sleep

    @property
    def count_rule(self) -> Rule | None:
        """The rule that counts errors, None where it is switched off."""
        return next((rule for rule in self.rules if rule.kind.is_count), None)
