"""A view as Slack shows it: Block Kit within Slack's limits, and the text that stands for it in notifications. Pure."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from alerting.notifiers.escape import code, entities, fit, mrkdwn, slack_link
from alerting.notifiers.render import Fact, Row, View
from alerting.notifiers.words import Mood

# Slack's documented limits are 50 blocks, 3000 characters a section, 150 a header, 10 fields of 2000, and 40,000
# for a message's text; ours keep clear.
SECTION_LIMIT = 2900
HEADER_LIMIT = 150
QUOTED_LIMIT = 1900
FIELD_LIMIT = 300
MOST_FIELDS = 10
NOTE_LIMIT = 400
# All lines of a digest together.
BLOCK_LINES_LIMIT = 24_000
TEXT_LINES_LIMIT = 20_000
ROOMIEST_LINE = 700
OPEN = "Open in Sentry"

Block = dict[str, Any]
_SIGNS = {Mood.ALARM: "🔴", Mood.WARNING: "🟠", Mood.GOOD: "🟢", Mood.QUIET: "🔵"}
_CODE = re.compile(r"`([^`]+)`")


def blocks(shown: View) -> list[Block]:
    """The card: what happened, the evidence, the lines of a digest, what to do next."""
    made = [_header(shown)]
    # Slack refuses a section without text.
    made += [_section(fit(shown.sentence, SECTION_LIMIT, ours))] if shown.sentence else []
    quoted = [f"*{fact.label}*\n{_said(fact)}" for fact in shown.facts if fact.quoted]
    made += [_section(text) for text in quoted]
    made += list(_fields([fact for fact in shown.facts if not fact.quoted]))
    if shown.totals:
        made.append(_section(fit(f"In this message: {', '.join(shown.totals)}", SECTION_LIMIT, mrkdwn)))
    made += [_section(text) for text in _packed(_lines(shown.rows, _FORMS, BLOCK_LINES_LIMIT))]
    if shown.notes:
        made += [_section(text) for text in _packed([f"• {fit(note, NOTE_LIMIT, ours)}" for note in shown.notes])]
    step = ours(shown.next_step)
    if shown.link:
        step = f"{slack_link(shown.link, OPEN)} · {step}"
    made.append(_section(step))
    made.append({"type": "context", "elements": [_mrkdwn(mrkdwn(shown.footer))]})
    return made


def text(shown: View) -> str:
    """Complete by itself: notifications, screen readers and a message whose blocks were refused show only this."""
    parts = [mrkdwn(shown.subject), fit(shown.sentence, SECTION_LIMIT, ours)]
    parts += [fit(f"In this message: {', '.join(shown.totals)}", SECTION_LIMIT, mrkdwn)] if shown.totals else []
    parts += _lines(shown.rows, _FORMS[1:], TEXT_LINES_LIMIT)
    parts += [f"{fact.label}: {_said(fact)}" for fact in shown.facts]
    parts += [fit(note, NOTE_LIMIT, ours) for note in shown.notes]
    parts.append(ours(shown.next_step))
    if shown.link:
        parts.append(slack_link(shown.link, OPEN))
    return "\n".join(parts)


def ours(sentence: str) -> str:
    """A sentence of ours: what it puts in backticks is code, and what it quotes of others still formats nothing."""
    pieces = _CODE.split(sentence)
    return "".join(code(piece) if index % 2 else _spaced(piece) for index, piece in enumerate(pieces))


def _spaced(piece: str) -> str:
    """`mrkdwn`, keeping the blanks at the edges that `one_line` would strip."""
    head, tail = piece[:1].isspace(), len(piece) > 1 and piece[-1:].isspace()
    return f"{' ' if head else ''}{mrkdwn(piece)}{' ' if tail else ''}"


def _said(fact: Fact) -> str:
    return fit(fact.text, QUOTED_LIMIT, code) if fact.quoted else fit(fact.text, FIELD_LIMIT, mrkdwn)


def _header(shown: View) -> Block:
    heading = fit(f"{_SIGNS[shown.mood]} [{shown.tag}] {shown.title}", HEADER_LIMIT, mrkdwn)
    return {"type": "header", "text": {"type": "plain_text", "text": heading, "emoji": False}}


def _section(content: str) -> Block:
    return {"type": "section", "text": _mrkdwn(content)}


def _mrkdwn(content: str) -> Block:
    # verbatim: Slack must not turn what looks like a link, a channel or a name into one.
    return {"type": "mrkdwn", "text": content, "verbatim": True}


def _fields(facts: Sequence[Fact]) -> Iterator[Block]:
    made = [_mrkdwn(f"*{entities(fact.label)}*\n{_said(fact)}") for fact in facts]
    for start in range(0, len(made), MOST_FIELDS):
        yield {"type": "section", "fields": made[start : start + MOST_FIELDS]}


def _lines(rows: Sequence[Row], forms: Sequence[Callable[[Row], str]], limit: int) -> list[str]:
    """Every row, each in the roomiest form that leaves room for all of them."""
    room = min(limit // max(1, len(rows)) - 1, ROOMIEST_LINE)
    return [_line(row, forms, room) for row in rows]


def _line(row: Row, forms: Sequence[Callable[[Row], str]], room: int) -> str:
    for form in forms:
        line = form(row)
        if len(line) <= room:
            return line
    return fit(f"{row.project} {row.value} / {row.threshold}", room, mrkdwn)


def _linked(row: Row) -> str:
    name = row.project or row.rule
    return f"{_SIGNS[row.mood]} {slack_link(row.link, name)}{_spaced(row.text.removeprefix(name))}"


def _full(row: Row) -> str:
    return f"{_SIGNS[row.mood]} {mrkdwn(row.text)}"


def _short(row: Row) -> str:
    return f"{_SIGNS[row.mood]} {mrkdwn(f'{row.project}: {row.value}, threshold {row.threshold} · {row.tag}')}"


_FORMS: tuple[Callable[[Row], str], ...] = (_linked, _full, _short)


def _packed(lines: Sequence[str]) -> Iterator[str]:
    """Lines joined into as few sections as hold them."""
    page: list[str] = []
    size = 0
    for line in lines:
        if page and size + len(line) + 1 > SECTION_LIMIT:
            yield "\n".join(page)
            page, size = [], 0
        page.append(line)
        size += len(line) + 1
    if page:
        yield "\n".join(page)
