"""From a notice to what every channel shows of it: one cleaned view, its plain text and its subject. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from alerting.notifiers import words
from alerting.notifiers.escape import HEADER_LIMIT, one_line, safe_link, shorten
from alerting.notifiers.words import Mood
from alerting.outbox.message import Kind, Line, Notice
from alerting.rules.units import span

# As long as Sentry lets the slug of a project be.
SLUG_LIMIT = 100
TITLE_LIMIT = 300
SENTENCE_LIMIT = 1500
ROW_LINK_LIMIT = 400
MOST_NOTES = 10
_STAMP = re.compile(r"\b(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)Z\b")
# Kinds about ourselves: their threshold belongs to the facts, not to the subject.
_ABOUT_US = frozenset({Kind.BLIND, Kind.SIGHTED, Kind.CHANNEL, Kind.TEST, Kind.DIGEST, Kind.STALE})


@dataclass(frozen=True, slots=True)
class Fact:
    """One piece of evidence. `quoted` marks text from events that is shown as code where a channel can."""

    label: str
    text: str
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a digest. All texts are cleaned and bounded."""

    tag: str
    mood: Mood
    project: str
    environment: str
    value: str
    threshold: str
    rule: str
    at: str
    title: str
    link: str

    @property
    def text(self) -> str:
        """The line in words, without its link."""
        place = f"{self.project} ({self.environment})" if self.environment else self.project
        against = f"{self.value}, threshold {self.threshold}" if self.threshold else self.value
        first = f"{place}: {against}" if place and against else place or against
        return " · ".join(part for part in (first, self.tag, self.rule, self.at, self.title) if part)


@dataclass(frozen=True, slots=True)
class View:
    """Everything one message says, cleaned for reading but not escaped for any channel."""

    tag: str
    mood: Mood
    subject: str
    title: str
    sentence: str
    next_step: str
    facts: tuple[Fact, ...]
    notes: tuple[str, ...]
    totals: tuple[str, ...]
    rows: tuple[Row, ...]
    link: str
    footer: str


def view(notice: Notice, environment: str = "") -> View:
    """What people are shown of `notice`, whatever channel shows it.

    `environment` is where the service that tells it runs: several may speak in one place.
    """
    clean = cleaned(notice)
    tag = words.tag(clean.kind, is_issue=bool(clean.issue), is_over=bool(clean.resolved_at))
    place = f"{clean.project} (formerly {clean.formerly})" if clean.formerly else clean.project
    title = f"{place}: {clean.headline}" if place else clean.headline
    return View(
        tag=tag,
        mood=words.mood(clean),
        subject=_subject(clean, tag, title),
        title=title,
        sentence=clean.sentence,
        next_step=words.next_step(clean),
        facts=tuple(_facts(clean)),
        notes=clean.notes,
        totals=tuple(words.total(name, count) for name, count in clean.totals.items()),
        rows=tuple(_row(line, clean.at) for line in clean.lines),
        link=clean.link,
        footer=_footer(clean, one_line(environment, SLUG_LIMIT)),
    )


def cleaned(notice: Notice) -> Notice:
    """The notice with every text reduced to one visible, bounded line, and without links nobody should follow."""
    return replace(
        notice,
        headline=one_line(notice.headline, 200),
        sentence=_with_plain_times(one_line(notice.sentence, SENTENCE_LIMIT)),
        severity=one_line(notice.severity, 20),
        rule_title=one_line(notice.rule_title or notice.rule, 60),
        project=one_line(notice.project, SLUG_LIMIT),
        formerly=one_line(notice.formerly, SLUG_LIMIT),
        environment=one_line(notice.environment, SLUG_LIMIT),
        value=one_line(notice.value, 100),
        threshold=one_line(notice.threshold, 100),
        peak=one_line(notice.peak, 100),
        reason=one_line(notice.reason, 60),
        in_hand=one_line(notice.in_hand, 80),
        sample=one_line(notice.sample, 100),
        dataset=one_line(notice.dataset, 60),
        link=safe_link(notice.link),
        issue={one_line(key, 40): one_line(str(text), TITLE_LIMIT) for key, text in notice.issue.items()},
        notes=tuple(
            note for note in (_with_plain_times(one_line(each, 500)) for each in notice.notes[:MOST_NOTES]) if note
        ),
        lines=tuple(_cleaned_line(line) for line in notice.lines),
        totals={one_line(name, 100): count for name, count in list(notice.totals.items())[:20]},
    )


def as_text(shown: View) -> str:
    """The whole message as plain text: the mail's text part, and what a Slack message falls back to."""
    parts = [shown.subject, "", shown.sentence]
    parts += ["", "In this message: " + ", ".join(shown.totals)] if shown.totals else []
    parts += ["", *(f"{row.text}\n  {row.link}" if row.link else row.text for row in shown.rows)] if shown.rows else []
    width = max((len(fact.label) for fact in shown.facts), default=0) + 2
    parts += ["", *(f"{fact.label + ':':<{width}}{fact.text}" for fact in shown.facts)] if shown.facts else []
    parts += ["", *(f"Note: {note}" for note in shown.notes)] if shown.notes else []
    parts += ["", shown.next_step]
    parts += [shown.link] if shown.link else []
    return "\n".join([*parts, "", shown.footer])


def moment(stamp: str) -> datetime | None:
    """An aware time from ISO 8601; None where there is none."""
    try:
        parsed = datetime.fromisoformat(stamp)
    except ValueError:
        return None
    return parsed if parsed.tzinfo else None


def _with_plain_times(text: str) -> str:
    return _STAMP.sub(r"\1 \2 UTC", text)


def _subject(notice: Notice, tag: str, title: str) -> str:
    """Project and value first: a locked phone shows about sixty characters."""
    details = []
    if notice.kind not in _ABOUT_US and not notice.issue and notice.threshold:
        details.append(f"threshold {notice.threshold}")
    if notice.kind is Kind.RESOLVED and (lasted := _lasted(notice)):
        details.append(f"lasted {lasted}")
    end = moment(notice.window_end) if notice.kind is Kind.LATE else None
    ending = f" at {end:%Y-%m-%d %H:%M} UTC" if end else ""
    ending += f" ({', '.join(details)})" if details else ""
    ending += f" in {notice.environment}" if notice.environment else ""
    if notice.issue.get("title"):
        ending = f": {notice.issue['title']}{ending}"
    names = list(dict.fromkeys(line.project for line in notice.lines if line.project))
    if names and not notice.project:
        ending = f": {', '.join(names[:4])}" + (", …" if len(names) > 4 else "")
    return shorten(f"[{tag}] {title}{ending}", HEADER_LIMIT)


def _facts(notice: Notice) -> Iterator[Fact]:
    if title := notice.issue.get("title"):
        yield Fact("Error", title, quoted=True)
    if culprit := notice.issue.get("culprit"):
        yield Fact("Raised in", culprit, quoted=True)
    texts = (
        ("Value", notice.value),
        ("Threshold", notice.threshold),
        ("Peak", notice.peak if notice.peak != notice.value else ""),
        ("Window", _window(notice)),
        ("Sample", notice.sample),
        ("First error", _ago(notice.first_error_at, notice.at)),
        ("First seen", _ago(notice.issue.get("first_seen", ""), notice.at)),
        ("Open since", _open_since(notice)),
        ("Was open" if notice.kind is Kind.ENDED else "Lasted", _lasted_between(notice)),
        ("In hand", notice.in_hand),
        ("Environment", notice.environment),
        ("Rule", _rule(notice)),
        ("Reason", words.reason(notice.reason)),
        ("Dataset", notice.dataset),
    )
    yield from (Fact(label, text) for label, text in texts if text)


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


def _lasted(notice: Notice) -> str:
    opened, resolved = moment(notice.opened_at), moment(notice.resolved_at)
    return span((resolved - opened).total_seconds()) if opened and resolved else ""


def _lasted_between(notice: Notice) -> str:
    opened, resolved = moment(notice.opened_at), moment(notice.resolved_at)
    if opened is None or resolved is None or notice.issue:
        return ""
    return f"{_lasted(notice)}, from {opened:%Y-%m-%d %H:%M:%S} to {resolved:%H:%M:%S} UTC"


def _footer(notice: Notice, environment: str) -> str:
    at = moment(notice.at)
    who = "by the alerting service" + (f" in {environment}" if environment else "")
    told = f"Written {at:%Y-%m-%d %H:%M:%S} UTC {who}" if at else f"Written {who}"
    return f"{told}, notice {notice.sequence} of this incident." if notice.sequence > 1 else f"{told}."


def _row(line: Line, at: str) -> Row:
    then, now = moment(line.happened) or moment(line.at), moment(at)
    day = "" if then is None or (now and now.date() == then.date()) else f"{then:%Y-%m-%d} "
    return Row(
        tag=words.tag(line.kind, is_issue=bool(line.title and line.project), is_over=line.over),
        mood=words.line_mood(line),
        project=line.project,
        environment=line.environment,
        value=line.value,
        threshold=line.threshold,
        rule=line.rule,
        at=f"{day}{then:%H:%M:%S} UTC" if then else "",
        title=line.title,
        link=line.link,
    )


def _cleaned_line(line: Line) -> Line:
    link = safe_link(line.link)
    return Line(
        kind=one_line(line.kind, 20),
        rule=one_line(line.rule, 40),
        severity=one_line(line.severity, 20),
        project=one_line(line.project, 60),
        environment=one_line(line.environment, 40),
        value=one_line(line.value, 40),
        threshold=one_line(line.threshold, 40),
        at=line.at,
        title=one_line(line.title, 100),
        link=link if len(link) <= ROW_LINK_LIMIT else "",
        happened=line.happened,
        over=line.over,
    )
