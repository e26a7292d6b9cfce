"""The evidence of a notice as labelled facts: what people look for first, and what explains us. Pure.

What the notice's sentence says is not said again.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from alerting import reasons
from alerting.notifiers import words
from alerting.outbox.message import Kind, Notice
from alerting.rules.units import span

LAST_JUDGED = ", when last judged"


@dataclass(frozen=True, slots=True)
class Fact:
    """One piece of evidence. `quoted` marks text from events that is shown as code where a channel can."""

    label: str
    text: str
    quoted: bool = False


def facts(notice: Notice) -> Iterator[Fact]:
    """What people look for first; what tells of ourselves has said it all in its sentence."""
    if words.is_about_us(notice):
        return
    if title := notice.issue.get("title"):
        yield Fact("Error", title, quoted=True)
    if culprit := notice.issue.get("culprit"):
        yield Fact("Raised in", culprit, quoted=True)
    value = notice.value.removesuffix(LAST_JUDGED)
    texts = (
        ("Value", "" if notice.issue else _against(notice)),
        ("Peak", notice.peak if notice.peak != value else ""),
        ("First error", "" if _is_old(notice) else _ago(notice.first_error_at, notice.at)),
        ("First seen", _ago(notice.issue.get("first_seen", ""), notice.at)),
        ("Open since", _open_since(notice)),
        ("Was open", _lasted_between(notice)),
        ("Acknowledged by", notice.in_hand),
    )
    yield from (Fact(label, text) for label, text in texts if text)


def small(notice: Notice) -> Iterator[Fact]:
    """What explains us: how it was read, and why it is told."""
    is_channel = notice.kind in {Kind.CHANNEL, Kind.MENDED}
    texts = (
        ("Value", _against(notice) if notice.issue or (words.is_about_us(notice) and not is_channel) else ""),
        ("Refusal", notice.value if notice.kind is Kind.CHANNEL else ""),
        ("Rule", notice.rule_title),
        ("Window", _window(notice)),
        ("First in it", _ago(notice.first_error_at, notice.at) if _is_old(notice) else ""),
        ("Sample", notice.sample),
        ("Reason", reasons.told(notice.reason)),
        ("Dataset", notice.dataset),
    )
    yield from (Fact(label, text) for label, text in texts if text)


def says(sentence: str, text: str) -> bool:
    """Whether the words of `text` stand in the sentence, next to each other and each of them whole."""
    said, wanted = ([word.strip(".,:;()") for word in each.lower().split()] for each in (sentence, text))
    return any(said[at : at + len(wanted)] == wanted for at in range(len(said)))


def moment(stamp: str) -> datetime | None:
    """An aware time from ISO 8601; None where there is none."""
    try:
        parsed = datetime.fromisoformat(stamp)
    except ValueError:
        return None
    return parsed if parsed.tzinfo else None


def _against(notice: Notice) -> str:
    """The value against its threshold; empty where the sentence says both."""
    value, limit = notice.value.removesuffix(LAST_JUDGED), notice.threshold
    left_out = [value] if value and not says(notice.sentence, value) else []
    left_out += [f"threshold {limit}"] if limit and not says(notice.sentence, limit) else []
    return ", ".join(left_out)


def _window(notice: Notice) -> str:
    start, end = moment(notice.window_start), moment(notice.window_end)
    if start is None or end is None:
        return ""
    until = f"{end:%H:%M:%S}" if start.date() == end.date() else f"{end:%Y-%m-%d %H:%M:%S}"
    return f"{start:%Y-%m-%d %H:%M:%S} to {until} UTC ({span((end - start).total_seconds())})"


def _ago(stamp: str, at: str) -> str:
    then, now = moment(stamp), moment(at)
    if then is None:
        return ""
    before = f", {span((now - then).total_seconds())} before this notice" if now and now >= then else ""
    return f"{then:%Y-%m-%d %H:%M:%S} UTC{before}"


def _is_old(notice: Notice) -> bool:
    """Whether it was told before: the first error of its window is then not the one that it began with."""
    return bool(notice.opened_at) and notice.opened_at != notice.at and notice.kind is not Kind.LATE


def _open_since(notice: Notice) -> str:
    told_elsewhere = notice.resolved_at or notice.issue or notice.opened_at == notice.at
    return "" if told_elsewhere else _ago(notice.opened_at, notice.at)


def lasted(notice: Notice) -> str:
    """How long it was open, once it is over."""
    opened, resolved = moment(notice.opened_at), moment(notice.resolved_at)
    return span((resolved - opened).total_seconds()) if opened and resolved else ""


def _lasted_between(notice: Notice) -> str:
    opened, resolved = moment(notice.opened_at), moment(notice.resolved_at)
    if opened is None or resolved is None or notice.issue:
        return ""
    between = f"from {opened:%Y-%m-%d %H:%M:%S} to {resolved:%H:%M:%S} UTC"
    return between if says(notice.sentence, lasted(notice)) else f"{lasted(notice)}, {between}"
