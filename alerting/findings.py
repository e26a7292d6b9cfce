"""What `alerting check` found about one part of the service."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from alerting.errors import DeliveryError

# What a connection needs besides the variables of what it belongs to.
_OF_CONNECTIONS = ("SSL_CERT_", "PROXY")


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


def refused(
    part: str, error: DeliveryError, named: Sequence[str], advice: str, status: Status = Status.FAIL
) -> Finding:
    """What a channel said; `advice` is left out where that holds one of `named` and says itself what to do."""
    said = str(error)
    return Finding(part, status, said, "" if any(name in said for name in (*_OF_CONNECTIONS, *named)) else advice)
