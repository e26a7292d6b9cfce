"""What arrived as pieces of HTML: Slack's cards with their edits and threads, mails with their parts. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from alerting.notifiers.slack.slack_html import blocks_to_html, escape, to_html
from tests.sandbox.records import Mail, SlackMessage

APP_NAME = "sentry-alerting"


@dataclass(slots=True)
class Card:
    """A message as it stands, the states it had before, and what was said in its thread."""

    posted: SlackMessage
    now: SlackMessage
    before: list[SlackMessage] = field(default_factory=list)
    replies: list[SlackMessage] = field(default_factory=list)

    @property
    def version(self) -> str:
        return f"{len(self.before)}.{len(self.replies)}"


# One article of the page: its `key`, its `html`, and a `version` that changes with it.
Piece = dict[str, str]


def cards(messages: Iterable[SlackMessage]) -> list[Card]:
    """Messages folded as Slack folds them, oldest first. A reply to something unknown stands by itself."""
    found: dict[str, Card] = {}
    for message in messages:
        known = found.get(message.ts)
        if known is not None:
            known.before.append(known.now)
            known.now = message
        elif message.thread_ts in found:
            found[message.thread_ts].replies.append(message)
        else:
            found[message.ts] = Card(message, message)
    return list(found.values())


def slack(messages: Iterable[SlackMessage]) -> list[Piece]:
    """One article for each card."""
    return [
        {"key": f"slack-{card.posted.ts.replace('.', '-')}", "version": card.version, "html": _card(card)}
        for card in cards(messages)
    ]


def mails(numbered: Sequence[tuple[int, Mail]]) -> list[Piece]:
    """One article for each mail; `number` is where the page serves its HTML part."""
    return [{"key": f"mail-{number}", "version": "1", "html": _mail(number, mail)} for number, mail in numbered]


def part(mail: Mail, kind: str) -> str:
    """The mail's text of that kind ("html", "plain"); empty where it has none."""
    body = mail.message.get_body((kind,))
    content = body.get_content() if body is not None else ""
    return content if isinstance(content, str) else ""


def _card(card: Card) -> str:
    edits = ""
    if card.before:
        times = "once" if len(card.before) == 1 else f"{len(card.before)} times"
        states = "".join(f"<li>{_time(state.at)} {to_html(_first_line(state.text))}</li>" for state in card.before)
        edits = f"<details class=edits><summary>edited {times}</summary><ol>{states}</ol></details>"
    replies = "".join(f'<div class="reply">{_byline(reply)}{_body(reply)}</div>' for reply in card.replies)
    count = f"{len(card.replies)} {'reply' if len(card.replies) == 1 else 'replies'}"
    thread = f"<div class=thread><p class=count>{count}</p>{replies}</div>" if replies else ""
    return f"{_byline(card.posted)}{_body(card.now)}{edits}{thread}{_plain(card.now)}"


def _byline(message: SlackMessage) -> str:
    via = "incoming webhook" if message.via == "webhook" else "bot"
    channel = escape(message.channel)
    return (
        f"<p class=byline><span class=avatar aria-hidden=true>S</span><b>{APP_NAME}</b> <span class=app>APP</span> "
        f"{_time(message.at)}<span class=where>{channel} · {via}</span></p>"
    )


def _body(message: SlackMessage) -> str:
    shown = blocks_to_html(message.blocks) if message.blocks else f"<p>{to_html(message.text)}</p>"
    return f'<div class="body" dir=auto>{shown}</div>'


def _plain(message: SlackMessage) -> str:
    if not message.blocks:
        return ""
    shown = to_html(message.text)
    return f"<details><summary>what a notification says</summary><div class=body dir=auto>{shown}</div></details>"


def _mail(number: int, mail: Mail) -> str:
    message = mail.message
    plain = part(mail, "plain")
    frame = ""
    if part(mail, "html"):
        # No scripts can run in it; the same origin only lets the page measure how tall it is.
        frame = (
            f'<iframe sandbox="allow-same-origin allow-popups" src="/sandbox/mail/{number}.html" '
            f'title="HTML part of {escape(message["Subject"])}" loading="lazy"></iframe>'
        )
    text = (
        f"<details{'' if frame else ' open'}><summary>text part</summary><pre dir=auto>{escape(plain)}</pre></details>"
    )
    headers = "".join(f"{escape(name)}: {escape(value)}\n" for name, value in message.items())
    return (
        f"<p class=byline><b>{escape(message['From'] or mail.sender)}</b> {_time(mail.at)}"
        f"<span class=where>to {escape(', '.join(mail.recipients))}</span></p>"
        f"<h3 dir=auto>{escape(message['Subject'] or '(no subject)')}</h3>"
        f"{frame}{text}<details><summary>headers</summary><pre dir=auto>{headers}</pre></details>"
    )


def _time(at: datetime) -> str:
    return f'<time datetime="{at.isoformat()}">{at:%H:%M:%S} UTC</time>'


def _first_line(text: str) -> str:
    return text.partition("\n")[0]
