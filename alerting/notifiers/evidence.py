"""The evidence of a notice as labelled facts: what people look for first, and what explains us. Pure."""

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
    if notice.kind in words.ABOUT_US:
        return
    if title := notice.issue.get("title"):
        yield Fact("Error", title, quoted=True)
    if culprit := notice.issue.get("culprit"):
        yield Fact("Raised in", culprit, quoted=True)
    told = {notice.value, notice.threshold} if notice.issue else set()
    value = notice.value.removesuffix(LAST_JUDGED)
    texts = (
        ("Value", "" if value in notice.sentence else notice.value),
        ("Threshold", "" if notice.threshold in notice.sentence else notice.threshold),
        ("Peak", notice.peak if notice.peak != value else ""),
        ("First error", _ago(notice.first_error_at, notice.at)),
        ("First seen", _ago(notice.issue.get("first_seen", ""), notice.at)),
        ("Open since", _open_since(notice)),
        ("Was open" if notice.kind is Kind.ENDED else "Lasted", _lasted_between(notice)),
        ("Acknowledged by", notice.in_hand),
    )
    yield from (Fact(label, text) for label, text in texts if text and text not in told)


def small(notice: Notice) -> Iterator[Fact]:
    """What explains us: how it was read, and why it is told."""
    what_is_small = {notice.value, notice.threshold} if notice.issue or notice.kind in words.ABOUT_US else set()
    if notice.value.endswith(LAST_JUDGED):
        what_is_small.add(notice.value)
    texts = (
        ("Value", notice.value if notice.value in what_is_small else ""),
        ("Threshold", notice.threshold if notice.threshold in what_is_small else ""),
        ("Rule", _rule(notice)),
        ("Window", _window(notice)),
        ("Sample", notice.sample),
        ("Reason", reasons.told(notice.reason)),
        ("Dataset", notice.dataset),
    )
    yield from (Fact(label, text) for label, text in texts if text)


def moment(stamp: str) -> datetime | None:
    """An aware time from ISO 8601; None where there is none."""
    try:
        parsed = datetime.fromisoformat(stamp)
    except ValueError:
        return None
    return parsed if parsed.tzinfo else None


def _rule(notice: Notice) -> str:
    if not notice.rule_title:
        return ""
    return f"{notice.rule_title} ({notice.severity})" if notice.severity else notice.rule_title


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
    return f"{lasted(notice)}, from {opened:%Y-%m-%d %H:%M:%S} to {resolved:%H:%M:%S} UTC"
