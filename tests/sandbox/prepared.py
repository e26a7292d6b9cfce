"""An answer that a test has prepared, down to its bytes and their timing, in place of the true one."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.sandbox.faults import Fault
from tests.sandbox.records import RecordedRequest


@dataclass(frozen=True, slots=True)
class Reply:
    """`body` is sent as JSON where it is no bytes; `headers` replace those that would be sent, Date among them.

    `raw` is written to the socket instead of a well-formed answer, `drip` likewise but a byte every 50 ms, head
    included; `hang` never answers.
    """

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    raw: bytes | None = None
    drip: bytes | None = None
    hang: bool = False

    def as_fault(self) -> Fault:
        """The same as what the front does with it."""
        return Fault(
            status=self.status,
            body=self.body if isinstance(self.body, bytes) else json.dumps(self.body),
            headers=self.headers,
            content_type=self.content_type,
            raw=self.raw if self.drip is None else self.drip,
            drip=self.drip is not None,
            hang=self.hang,
        )


Prepare = Callable[[RecordedRequest], Reply | None]


def nothing(_: RecordedRequest) -> Reply | None:
    """The true answer, always."""
    return None
