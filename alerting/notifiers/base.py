"""What a channel is: the few things that everybody else may ask of it, and its notifier."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from alerting.config import Settings
from alerting.findings import Finding
from alerting.outbox.message import UNBOUND, Capacity, Notice, Receipt
from alerting.rules.model import Severity


class Notifier(Protocol):
    """What speaks to one channel, by its name."""

    channel: str

    def send(self, notice: Notice, ref: Mapping[str, str], dedupe_key: str) -> Receipt:
        """Deliver `notice`.

        `ref` is the last receipt's ref of the same incident on this channel, empty for the first. `dedupe_key` is
        stable over retries of the same outbox message. Raises DeliveryError, and nothing else.
        """
        ...


@dataclass(frozen=True, slots=True)
class PreviewFile:
    """One file of a preview: the end of its name, how the index calls it, what is in it."""

    ending: str
    label: str
    content: str


@dataclass(frozen=True, slots=True)
class Preview:
    """A notice as a channel shows it. The first of `files` is the one to look at; `text` is what is read aloud."""

    title: str
    files: Sequence[PreviewFile]
    text_title: str
    text: str


@dataclass(frozen=True, slots=True)
class Demonstration:
    """How a channel is led to its stand-in.

    `environment` makes its variables of what the stand-ins said about themselves. Who has set one of `chosen` has
    configured the channel, which is then left as it is.
    """

    environment: Callable[[Mapping[str, str]], Mapping[str, str]]
    chosen: tuple[str, ...]


NOT_DEMONSTRATED = Demonstration(lambda _: {}, ())


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel under its name in rows and settings; `alerting.notifiers.registry` lists them.

    `settings` are the variables that decide how and to whom it sends: when one changes, a stopped channel is used
    again. It is told of what has one of `severities`. `build` makes its notifier and connects nothing, `check` tries it
    without sending anything. `escalation` is what changes of a `Notice` that goes where unacknowledged ones go, empty
    where that is nowhere. With `has_cards` what was sent can be edited afterwards.
    """

    name: str
    settings: tuple[str, ...]
    build: Callable[[Settings], Notifier]
    check: Callable[[Settings], Finding]
    preview: Callable[[Notice, Settings], Preview]
    severities: frozenset[Severity] = frozenset(Severity)
    escalation: Callable[[Settings], Mapping[str, Any]] = lambda _: {}
    demonstration: Demonstration = NOT_DEMONSTRATED
    capacity: Capacity = UNBOUND
    has_cards: bool = False
