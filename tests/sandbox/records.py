"""What the stand-ins remember of each conversation."""

from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from typing import Any


@dataclass(slots=True)
class RecordedRequest:
    """One HTTP request, recorded when it arrives. `status` stays 0 until it is answered (and where it never is).

    `connection` is the port it came from, which those of one connection share; header names are in lower case.
    """

    at: datetime
    method: str
    path: str
    query: list[tuple[str, str]]
    status: int = 0
    host: str = ""
    body: bytes = field(default=b"", repr=False)
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    connection: int = 0

    @property
    def target(self) -> str:
        """Path and decoded query, for matching by a part of it."""
        return self.path + "".join(f"{'&' if i else '?'}{key}={value}" for i, (key, value) in enumerate(self.query))

    def all(self, name: str) -> list[str]:
        """Every value of this parameter."""
        return [value for key, value in self.query if key == name]

    def one(self, name: str) -> str:
        """Its first value; empty where there is none."""
        return next(iter(self.all(name)), "")


@dataclass(frozen=True, slots=True)
class SlackMessage:
    """One message as it was taken. `via` is "webhook", "chat.postMessage" or "chat.update"; an edit keeps its `ts`."""

    at: datetime
    via: str
    channel: str
    ts: str
    thread_ts: str
    text: str
    blocks: list[dict[str, Any]]
    body: dict[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Mail:
    """One message as the server took it; `recipients` are the envelope's, which a header need not name."""

    at: datetime
    sender: str
    recipients: list[str]
    message: EmailMessage = field(repr=False)

    def __str__(self) -> str:
        return f"{self.message['Subject']} → {', '.join(self.recipients)}"


@dataclass(frozen=True, slots=True)
class EnvelopeItem:
    """One item of an envelope an SDK sent: its type, its headers, its payload decoded where it is JSON."""

    at: datetime
    project: str
    type: str
    headers: dict[str, Any]
    payload: Any
