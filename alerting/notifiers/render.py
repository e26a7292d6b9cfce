"""From a notice to what every channel shows of it: one cleaned view, its plain text and its subject. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any
from uuid import UUID

from alerting.notifiers import behind, evidence, words
from alerting.notifiers.escape import HEADER_LIMIT, one_line, safe_link, shorten
from alerting.notifiers.evidence import Fact, moment, says
from alerting.notifiers.words import Mood
from alerting.outbox.message import Kind, Line, Notice

# As long as Sentry lets the slug of a project be.
SLUG_LIMIT = 100
TITLE_LIMIT = 300
SENTENCE_LIMIT = 1500
ROW_LINK_LIMIT = 400
MOST_NOTES = 10
# How long the other texts of a notice, and those of a line in a digest, may be.
LIMITS = {
    **dict.fromkeys(("project", "formerly", "environment"), SLUG_LIMIT),
    **dict.fromkeys(("value", "threshold", "peak", "sample"), 100),
    "severity": 20,
    "reason": 60,
    "dataset": 60,
    "in_hand": 80,
}
LINE_LIMITS = {
    **dict.fromkeys(("kind", "severity"), 20),
    **dict.fromkeys(("rule", "environment", "value", "threshold"), 40),
    "project": 60,
    "title": 100,
}
_KEY = re.compile(r"([0-9a-f]{32})(-escalated)?")
_STAMP = re.compile(r"\b(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)Z\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row(Line):
    """One line of a digest as it is shown; `when` is the time it tells of."""

    tag: str
    mood: Mood
    when: str

    @property
    def text(self) -> str:
        """The line in words, without its link."""
        place = f"{self.project} ({self.environment})" if self.environment else self.project
        if self.is_new:
            return " · ".join(part for part in (f"{place}: {self.title}", self.tag, self.when, self.against) if part)
        first = f"{place}: {self.against}" if place and self.against else place or self.against
        return " · ".join(part for part in (first, self.tag, self.rule, self.when, self.title) if part)

    @property
    def against(self) -> str:
        """The value against its threshold."""
        return f"{self.value}, threshold {self.threshold}" if self.threshold else self.value

    @property
    def is_new(self) -> bool:
        """Whether it is about an error type seen for the first time, which is nothing without its title."""
        return bool(self.project and self.title) and self.rule == words.NEW_ERROR_TYPE


@dataclass(frozen=True, slots=True)
class View:
    """Everything one message says, cleaned for reading but not escaped for any channel.

    `buttons` are what a channel may offer to do about the incident that `key` names: "acknowledge", "silence".
    """

    tag: str
    mood: Mood
    subject: str
    heading: str
    sentence: str
    next_step: str
    facts: tuple[Fact, ...]
    small: tuple[Fact, ...]
    culprits: tuple[behind.Culprit, ...]
    share: str
    bars: behind.Bars | None
    notes: tuple[str, ...]
    totals: tuple[str, ...]
    rows: tuple[Row, ...]
    link: str
    page: str
    page_name: str
    footer: str
    key: str = ""
    buttons: tuple[str, ...] = ()


def view(notice: Notice, environment: str = "", page_url: str = "") -> View:
    """What people are shown of `notice`, whatever channel shows it.

    `environment` is where the service that tells it runs: several may speak in one place. `page_url` is where people
    open the status page, empty where nobody said.
    """
    clean = cleaned(notice)
    tag = words.tag(clean.kind, is_issue=bool(clean.issue), is_over=bool(clean.resolved_at))
    tag = f"test: {tag}" if clean.is_test else tag
    told_in = one_line(environment, SLUG_LIMIT)
    page_name, page = _page(clean, page_url)
    return View(
        tag=tag,
        mood=words.mood(clean),
        subject=_subject(clean, tag, _place(clean, told_in, clean.project)),
        heading=" · ".join(_place(clean, told_in, clean.project or _projects(clean))) or clean.headline,
        sentence=f"{clean.sentence} {behind.going_sentence(clean)}".strip(),
        next_step=words.next_step(clean),
        facts=tuple(evidence.facts(clean)),
        small=tuple(evidence.small(clean)),
        culprits=behind.culprits(clean),
        share=behind.share(clean),
        bars=behind.bars(clean.trend, clean.at),
        notes=clean.notes,
        totals=tuple(words.total(name, count) for name, count in clean.totals.items()),
        rows=tuple(_row(line, clean.at) for line in clean.lines),
        link=clean.link,
        page=page,
        page_name=page_name,
        footer=_footer(clean, told_in),
    )


def cleaned(notice: Notice) -> Notice:
    """The notice with every text reduced to one visible, bounded line, and without links nobody should follow."""
    notes = [_with_plain_times(one_line(each, 500)) for each in notice.notes[:MOST_NOTES]]
    return replace(
        notice,
        **_bounded(notice, LIMITS),
        headline=_with_plain_times(one_line(notice.headline, 200)),
        sentence=_with_plain_times(one_line(notice.sentence, SENTENCE_LIMIT)),
        rule_title=one_line(notice.rule_title or notice.rule, 60),
        link=safe_link(notice.link),
        issue={one_line(key, 40): one_line(str(text), TITLE_LIMIT) for key, text in notice.issue.items()},
        notes=tuple(note for note in notes if note),
        lines=tuple(_cleaned_line(line) for line in notice.lines),
        totals={one_line(name, 100): count for name, count in list(notice.totals.items())[:20]},
    )


def incident_key(notice: Notice) -> str:
    """The incident a notice is about, also where the notice is threaded by itself; empty where there is none."""
    found = _KEY.fullmatch(notice.key)
    return found[1] if found else ""


def as_text(shown: View) -> str:
    """The whole message as plain text: the mail's text part, and what a Slack message falls back to."""
    parts = [f"[{shown.tag}] {shown.heading}", "", shown.sentence]
    parts += ["", "In this message: " + ", ".join(shown.totals)] if shown.totals else []
    parts += ["", *(f"{row.text}\n  {row.link}" if row.link else row.text for row in shown.rows)] if shown.rows else []
    parts += ["", f"{shown.share}:"] if shown.culprits else []
    for each in shown.culprits:
        parts += [f"  {each.count} {each.title}", *(f"    {more}" for more in (each.rest, each.link) if more)]
    parts += ["", shown.bars.sparkline, shown.bars.caption] if shown.bars else []
    parts += ["", *_aligned(shown.facts)] if shown.facts else []
    parts += ["", *(f"Note: {note}" for note in shown.notes)] if shown.notes else []
    parts += ["", shown.next_step]
    parts += [f"In Sentry: {shown.link}"] if shown.link else []
    parts += [f"{f'{shown.page_name}:'.capitalize():<10} {shown.page}"] if shown.page else []
    parts += ["", *_aligned(shown.small)] if shown.small else []
    return "\n".join([*parts, "", shown.footer])


def _aligned(facts: Sequence[Fact]) -> list[str]:
    width = max(len(fact.label) for fact in facts) + 2
    return [f"{fact.label + ':':<{width}}{fact.text}" for fact in facts]


def _with_plain_times(text: str) -> str:
    return _STAMP.sub(r"\1 \2 UTC", text)


def _subject(notice: Notice, tag: str, place: Sequence[str]) -> str:
    """All that a locked phone shows: where, how bad against what, and where it goes.

    Commas and not dots: what is ASCII arrives as it is, also at a pager that decodes nothing.
    """
    end = moment(notice.window_end) if notice.kind is Kind.LATE else None
    headline = f"{notice.headline} at {end:%Y-%m-%d %H:%M} UTC" if end else notice.headline
    if notice.issue.get("title"):
        headline = f"{headline}: {notice.issue['title']}"
    if names := _projects(notice):
        headline = f"{headline}: {names}"
    going, told = behind.going(notice), [headline]
    told += [going.value] if going else []
    if not (words.is_about_us(notice) or notice.issue or says(headline, notice.threshold)):
        told.append(f"threshold {notice.threshold}")
    if notice.kind is Kind.RESOLVED and (lasted := evidence.lasted(notice)):
        told.append(f"lasted {lasted}")
    where = f"{', '.join(place)}: " if place else ""
    return shorten(f"[{tag}] {where}{', '.join(told)}", HEADER_LIMIT)


def _projects(notice: Notice) -> str:
    """The first projects of a digest's lines; empty for a single notice."""
    names = list(dict.fromkeys(line.project for line in notice.lines if line.project))
    return ", ".join(names[:4]) + (", …" if len(names) > 4 else "")


def _place(notice: Notice, told_in: str, project: str) -> Sequence[str]:
    """Severity, project and environment; of what tells of ourselves, the environment that we run in."""
    project = f"{project} (formerly {notice.formerly})" if notice.formerly else project
    environments = {notice.environment or (told_in if words.is_about_us(notice) else "")}
    if notice.lines:
        environments = {line.environment for line in notice.lines}
    environment = environments.pop() if len(environments) == 1 else ""
    return [part for part in (notice.severity.capitalize(), project, environment) if part]


def _page(notice: Notice, page_url: str) -> tuple[str, str]:
    """What of the status page tells more, and its address; both empty where none does."""
    key = incident_key(notice)
    if notice.kind in {Kind.DIGEST, Kind.STALE}:
        name, path = "status page", ""
    elif notice.kind in {Kind.CHANNEL, Kind.MENDED}:
        name, path = "health page", "health/"
    elif key:
        name, path = "incident", f"incidents/{UUID(hex=key)}/"
    else:
        return "", ""
    return (name, safe_link(f"{page_url.rstrip('/')}/{path}")) if page_url else ("", "")


def _footer(notice: Notice, environment: str) -> str:
    at = moment(notice.at)
    who = "by the alerting service" + (f" in {environment}" if environment else "")
    told = f"Written {at:%Y-%m-%d %H:%M:%S} UTC {who}" if at else f"Written {who}"
    return f"{told}, notice {notice.sequence} of this incident." if notice.sequence > 1 else f"{told}."


def _row(line: Line, at: str) -> Row:
    then, now = moment(line.happened) or moment(line.at), moment(at)
    day = "" if then is None or (now and now.date() == then.date()) else f"{then:%Y-%m-%d} "
    return Row(
        **{each.name: getattr(line, each.name) for each in fields(line)},
        tag=words.tag(line.kind, is_issue=bool(line.title and line.project), is_over=line.over),
        mood=words.mood_of(line),
        when=f"{day}{then:%H:%M:%S} UTC" if then else "",
    )


def _cleaned_line(line: Line) -> Line:
    link = safe_link(line.link)
    return replace(line, **_bounded(line, LINE_LIMITS), link=link if len(link) <= ROW_LINK_LIMIT else "")


def _bounded(told: Notice | Line, limits: Mapping[str, int]) -> dict[str, Any]:
    return {name: one_line(getattr(told, name), limit) for name, limit in limits.items()}
