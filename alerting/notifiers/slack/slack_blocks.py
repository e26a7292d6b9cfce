"""A view as Slack shows it: Block Kit within Slack's limits, and the text that stands for it in notifications. Pure."""

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from alerting.notifiers.escape import code, entities, fit, mrkdwn, slack_link
from alerting.notifiers.evidence import Fact
from alerting.notifiers.render import Row, View
from alerting.notifiers.words import Mood

# Documented by Slack: 50 blocks, 3000 characters a section, 150 a header, 10 fields of 2000. Not documented, but
# refused as `msg_blocks_too_long`: a message whose blocks come to some 13,000 characters together, markup included
# (github.com/slackapi/bolt-js issues 2509 and 2867).
BLOCKS_LIMIT = 12_000
SECTION_LIMIT = 2900
HEADER_LIMIT = 150
SENTENCE_LIMIT = 1200
QUOTED_LIMIT = 600
FACT_LIMIT = 200
NOTES_LIMIT = 1500
LINK_LIMIT = 1200
# chat.update refuses a longer text as `msg_too_long`; a digest is never edited, and must name every line.
TEXT_LIMIT = 3900
DIGEST_TEXT_LIMIT = 10_000
CULPRIT_LIMIT = 400
OPEN = "Open in Sentry"
LABELS = {"acknowledge": "I have it", "silence": "Silence for 1 h"}

Block = dict[str, Any]
Form = Callable[[Row], str]
SIGNS = {Mood.ALARM: "🔴", Mood.WARNING: "🟠", Mood.GOOD: "🟢", Mood.QUIET: "🔵"}
ROOMIEST = 700
NARROWEST = 24
_CODE = re.compile(r"`([^`]+)`")


def blocks(shown: View) -> list[Block]:
    """The card: what happened, the lines of a digest, what is behind it, what to do next, and how we know, small.

    It has the view's buttons to acknowledge and to silence an incident.
    """
    before: list[Block] = [_header(shown)]
    after: list[Block] = []
    # Slack refuses a section without text.
    before += _sections([fit(shown.sentence, SENTENCE_LIMIT, ours)])
    before += _sections([fit(_totals(shown), FACT_LIMIT * 2, mrkdwn)])
    after += _sections([f"*{fact.label}*\n{_said(fact)}" for fact in shown.facts if fact.quoted])
    after += _sections([_culprits(shown), _trend(shown)])
    if glance := [fact for fact in shown.facts if not fact.quoted]:
        after.append({"type": "section", "fields": [_mrkdwn(f"*{each.label}*\n{_said(each)}") for each in glance]})
    after += _sections(["\n".join(f"• {note}" for note in _notes(shown))])
    after += _sections(["\n".join([ours(shown.next_step), " · ".join(_links(shown))]).strip()])
    after += _buttons(shown) if shown.buttons else []
    small = "\n".join([*(f"{entities(fact.label)}: {_said(fact)}" for fact in shown.small), mrkdwn(shown.footer)])
    after.append({"type": "context", "elements": [_mrkdwn(small)]})
    room = BLOCKS_LIMIT - len(json.dumps(before + after, ensure_ascii=False)) - 1000
    return before + _sections(packed(lines(shown.rows, FORMS, room), SECTION_LIMIT)) + after


def text(shown: View) -> str:
    """Complete by itself: notifications, screen readers and a message whose blocks were refused show only this."""
    head = [fit(f"[{shown.tag}] {shown.heading}", FACT_LIMIT * 2, mrkdwn), fit(shown.sentence, SENTENCE_LIMIT, ours)]
    tail = [ours(shown.next_step), *_links(shown)]
    if shown.rows:
        head.append(fit(_totals(shown), FACT_LIMIT * 2, mrkdwn))
        tail = _notes(shown) + tail
    room = (DIGEST_TEXT_LIMIT if shown.rows else TEXT_LIMIT) - sum(len(part) + 1 for part in head + tail)
    if shown.rows:
        body = lines(shown.rows, PLAIN_FORMS, room)
    else:
        # Without the sparkline: a screen reader would name each of its blocks.
        trend = mrkdwn(shown.bars.caption) if shown.bars else ""
        parts = [_culprits(shown), trend, *_facts(shown.facts), *_notes(shown)]
        body = _as_many_as_fit([part for part in parts if part], room)
    small = _as_many_as_fit(_facts(shown.small), room - sum(len(part) + 1 for part in body))
    return "\n".join(part for part in (*head, *body, *tail, *small) if part)


def short_text(shown: View) -> str:
    """A text that no limit of Slack's refuses; what it lacks is in the blocks."""
    return fit(f"{shown.subject} · {shown.sentence}", FACT_LIMIT * 4, mrkdwn)


def ours(sentence: str) -> str:
    """A sentence of ours: what it puts in backticks is code, and what it quotes of others still formats nothing."""
    pieces = _CODE.split(sentence)
    return "".join(code(piece) if index % 2 else spaced(piece) for index, piece in enumerate(pieces))


def _facts(facts: Sequence[Fact]) -> list[str]:
    return [f"{fact.label}: {_said(fact)}" for fact in facts]


def _said(fact: Fact) -> str:
    return fit(fact.text, QUOTED_LIMIT, code) if fact.quoted else fit(fact.text, FACT_LIMIT, mrkdwn)


def _totals(shown: View) -> str:
    return f"In this message: {', '.join(shown.totals)}" if shown.totals else ""


def _notes(shown: View) -> list[str]:
    return [fit(note, NOTES_LIMIT // len(shown.notes), ours) for note in shown.notes]


def _links(shown: View) -> list[str]:
    named = ((shown.link, OPEN), (shown.page, f"Open the {shown.page_name}"))
    made = [slack_link(url, label) for url, label in named if url]
    return [link for link in made if len(link) <= LINK_LIMIT]


def _culprits(shown: View) -> str:
    """The errors behind it, each a link in bold over where it comes from."""
    if not shown.culprits:
        return ""
    lines = [f"*{entities(shown.share)}*"]
    for each in shown.culprits:
        title = fit(each.title, CULPRIT_LIMIT, mrkdwn)
        link = slack_link(each.link, each.title) if each.link else title
        lines.append(f"{each.count} {link if len(link) <= CULPRIT_LIMIT * 2 else title}")
        lines += [f"      {fit(each.rest, CULPRIT_LIMIT, mrkdwn)}"] if each.rest else []
    return "\n".join(lines)


def _trend(shown: View) -> str:
    return f"`{shown.bars.sparkline}`\n{entities(shown.bars.caption)}" if shown.bars else ""


def _buttons(shown: View) -> list[Block]:
    """What `alerting.status.slack_actions` takes: whose incident, and what to do about it."""
    buttons = [
        {"type": "button", "action_id": name, "value": shown.key, "text": {"type": "plain_text", "text": LABELS[name]}}
        for name in shown.buttons
    ]
    return [{"type": "actions", "elements": buttons}]


def _header(shown: View) -> Block:
    heading = fit(f"{SIGNS[shown.mood]} [{shown.tag}] {shown.heading}", HEADER_LIMIT, mrkdwn)
    return {"type": "header", "text": {"type": "plain_text", "text": heading, "emoji": False}}


def _sections(contents: Sequence[str]) -> list[Block]:
    return [{"type": "section", "text": _mrkdwn(content)} for content in contents if content]


def _mrkdwn(content: str) -> Block:
    # verbatim: Slack must not turn what looks like a link, a channel or a name into one.
    return {"type": "mrkdwn", "text": content, "verbatim": True}


def _as_many_as_fit(parts: Sequence[str], room: int) -> list[str]:
    fitting: list[str] = []
    for part in parts:
        room -= len(part) + 1
        if room < 0:
            break
        fitting.append(part)
    return fitting


def lines(rows: Sequence[Row], forms: Sequence[Form], limit: int) -> list[str]:
    """One line for every row, in the roomiest form in which all of them stay below `limit` characters."""
    room = max(NARROWEST, min(limit // max(1, len(rows)) - 1, ROOMIEST))
    for form in forms:
        made = [form(row) for row in rows]
        if sum(len(line) + 1 for line in made) <= limit and all(len(line) <= ROOMIEST for line in made):
            return made
    return [fit(f"{row.project} {row.value} / {row.threshold}", room, mrkdwn) for row in rows]


def packed(made: Sequence[str], limit: int) -> list[str]:
    """The lines joined into as few pages of `limit` characters as hold them."""
    pages: list[str] = []
    for line in made:
        if pages and len(pages[-1]) + 1 + len(line) <= limit:
            pages[-1] += f"\n{line}"
        else:
            pages.append(line)
    return pages


def spaced(piece: str) -> str:
    """`mrkdwn`, keeping a blank at either edge, where it joins what stands there."""
    head, tail = piece[:1].isspace(), len(piece) > 1 and piece[-1:].isspace()
    return f"{' ' if head else ''}{mrkdwn(piece)}{' ' if tail else ''}"


def linked(row: Row) -> str:
    """Everything, the project being a link into Sentry."""
    name = row.project or row.rule
    return f"{SIGNS[row.mood]} {slack_link(row.link, name)}{spaced(row.text.removeprefix(name))}"


def full(row: Row) -> str:
    """Everything but the link."""
    return f"{SIGNS[row.mood]} {mrkdwn(row.text)}"


def short(row: Row) -> str:
    """What nobody can do without."""
    return f"{SIGNS[row.mood]} {mrkdwn(f'{row.project}: {row.against} · {row.tag}')}"


FORMS: tuple[Form, ...] = (linked, full, short)
PLAIN_FORMS: tuple[Form, ...] = (full, short)
