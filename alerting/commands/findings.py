"""What `alerting check` found about one part of the service."""

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    PASS = "pass"  # noqa: S105  a word for people
    WARNING = "warning"
    FAIL = "fail"
    NOT_CONFIGURED = "not configured"


@dataclass(frozen=True, slots=True)
class Finding:
    """One part, tried: what was seen in `said`, what to do about it in `advice` (empty where there is nothing to do).

    Neither text holds a secret.
    """

    part: str
    status: Status
    said: str
    advice: str = ""
