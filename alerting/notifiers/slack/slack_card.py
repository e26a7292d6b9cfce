"""Slack's card of a notice as a document to look at."""

import json
from pathlib import Path

from django.template import Context, Engine
from django.utils.safestring import mark_safe

from alerting.config import Settings
from alerting.notifiers import render
from alerting.notifiers.base import Preview, PreviewFile
from alerting.notifiers.slack import slack_blocks, slack_html
from alerting.notifiers.slack.notifier import has_buttons, view
from alerting.outbox.message import Notice

_ENGINE = Engine(dirs=[str(Path(__file__).parent / "templates")], autoescape=True)


def preview(notice: Notice, settings: Settings) -> Preview:
    """The card, with buttons where this configuration has them, and its blocks as Slack gets them."""
    environment, page_url = settings.SENTRY_ENVIRONMENT, settings.ALERTING_STATUS_URL
    shown = view(notice, environment, page_url, has_buttons=has_buttons(settings))
    spoken = slack_blocks.text(shown)
    message = {"text": spoken, "blocks": slack_blocks.blocks(shown)}
    files = (
        PreviewFile("slack.html", "Slack card", card(shown)),
        PreviewFile("slack.json", "its blocks", json.dumps(message, indent=2, ensure_ascii=False) + "\n"),
    )
    return Preview("Slack", files, "Slack's notification and screen reader", spoken)


def card(shown: render.View) -> str:
    """A document of its own that shows the view's blocks as Slack would."""
    made = slack_html.blocks_to_html(slack_blocks.blocks(shown))
    for mood, sign in slack_blocks.SIGNS.items():
        # Slack draws its own; here not every machine has a font for them.
        made = made.replace(sign, f'<span class="sign {mood}" role="img" aria-label="{mood}"></span>')
    # Made by a renderer that escapes everything it is given.
    made = mark_safe(made)  # noqa: S308
    return str(_ENGINE.get_template("slack_card.html").render(Context({"title": shown.subject, "card": made})))
