"""`alerting preview`: every kind of notice, as every channel shows it, written to files one can look through."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from django.template import Context, Engine
from django.utils.safestring import mark_safe

from alerting import config
from alerting.commands import database
from alerting.commands.failures import CommandError
from alerting.config import Settings
from alerting.notifiers import registry, render
from alerting.notifiers.email import mail_body
from alerting.notifiers.every_kind import every_kind
from alerting.notifiers.slack import notifier as slack
from alerting.notifiers.slack import slack_blocks, slack_html
from alerting.notifiers.slack.slack_lines import SIGNS
from alerting.outbox.message import Notice

FOLDER = Path("preview")
INDEX = "index.html"
_ENGINE = Engine(dirs=[str(Path(__file__).parent / "templates")], autoescape=True)


@dataclass(frozen=True, slots=True)
class Page:
    """One notice in the index. `spoken` is what Slack shows in a notification and reads to screen readers."""

    name: str
    slug: str
    subject: str
    text: str
    spoken: str


def preview(
    folder: Annotated[Path, typer.Argument(help="Where to write; made where it does not exist.")] = FOLDER,
) -> None:
    """Write every kind of notice for every channel to files. Nothing is sent; open the folder's index.html."""
    database.ready()
    try:
        pages = write(folder, config.current())
    except OSError as error:
        raise CommandError(f"The preview cannot be written to {folder}: {error.strerror} ({error.filename}).") from None
    typer.echo(f"{len(pages)} notices, each as mail, text and Slack card: open {folder / INDEX}")


def write(folder: Path, settings: Settings) -> list[Page]:
    """Write the files; returns what the index lists."""
    folder.mkdir(parents=True, exist_ok=True)
    pages = [_write_one(folder, name, notice, settings) for name, notice in every_kind().items()]
    _write(folder / INDEX, _rendered("preview.html", pages=pages))
    return pages


def card(shown: render.View) -> str:
    """A document of its own that shows the view's blocks as Slack would."""
    made = slack_html.blocks_to_html(slack_blocks.blocks(shown))
    for mood, sign in SIGNS.items():
        # Slack draws its own; here not every machine has a font for them.
        made = made.replace(sign, f'<span class="sign {mood}" role="img" aria-label="{mood}"></span>')
    # Made by a renderer that escapes everything it is given.
    made = mark_safe(made)  # noqa: S308
    return _rendered("slack_card.html", title=shown.subject, card=made)


def _write_one(folder: Path, name: str, notice: Notice, settings: Settings) -> Page:
    environment, page_url = settings.SENTRY_ENVIRONMENT, settings.ALERTING_STATUS_URL
    shown = render.view(notice, environment, page_url)
    in_slack = slack.view(notice, environment, page_url, has_buttons=registry.has_buttons(settings))
    slug, spoken = name.replace(" ", "-"), slack_blocks.text(in_slack)
    message = {"text": spoken, "blocks": slack_blocks.blocks(in_slack)}
    text = mail_body.text(shown)
    _write(folder / f"{slug}.mail.html", mail_body.html(shown))
    _write(folder / f"{slug}.mail.txt", f"Subject: {shown.subject}\n\n{text}\n")
    _write(folder / f"{slug}.slack.json", json.dumps(message, indent=2, ensure_ascii=False) + "\n")
    _write(folder / f"{slug}.slack.html", card(in_slack))
    return Page(name, slug, shown.subject, text, spoken)


def _rendered(template: str, **context: object) -> str:
    return str(_ENGINE.get_template(template).render(Context(context, use_l10n=False)))


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
