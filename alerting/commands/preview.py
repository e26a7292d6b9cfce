"""`alerting preview`: every kind of notice, as every channel shows it, written to files one can look through."""

from pathlib import Path
from typing import Annotated, Any

import typer
from django.template import Context, Engine

from alerting import config
from alerting.commands import database
from alerting.commands.failures import CommandError
from alerting.config import Settings
from alerting.examples.every_kind import every_kind
from alerting.notifiers import registry, render
from alerting.outbox.message import Notice

FOLDER = Path("preview")
INDEX = "index.html"
_ENGINE = Engine(dirs=[str(Path(__file__).parent / "templates")], autoescape=True)


def preview(
    folder: Annotated[Path, typer.Argument(help="Where to write; made where it does not exist.")] = FOLDER,
) -> None:
    """Write every kind of notice for every channel to files. Nothing is sent; open the folder's index.html."""
    database.ready()
    try:
        pages = write(folder, config.current())
    except OSError as error:
        raise CommandError(f"The preview cannot be written to {folder}: {error.strerror} ({error.filename}).") from None
    shown = " and ".join(channel.name for channel in registry.CHANNELS)
    typer.echo(f"{len(pages)} notices, each for {shown}: open {folder / INDEX}")


def write(folder: Path, settings: Settings) -> list[dict[str, Any]]:
    """Write the files; returns what the index lists."""
    folder.mkdir(parents=True, exist_ok=True)
    pages = [_write_one(folder, name, notice, settings) for name, notice in every_kind().items()]
    index = _ENGINE.get_template("preview.html").render(Context({"pages": pages}, use_l10n=False))
    (folder / INDEX).write_text(index, encoding="utf-8")
    return pages


def _write_one(folder: Path, name: str, notice: Notice, settings: Settings) -> dict[str, Any]:
    """Write what every channel makes of the notice; returns its place in the index."""
    slug, previews = name.replace(" ", "-"), [channel.preview(notice, settings) for channel in registry.CHANNELS]
    for file in (file for each in previews for file in each.files):
        (folder / f"{slug}.{file.ending}").write_text(file.content, encoding="utf-8")
    subject = render.view(notice, settings.SENTRY_ENVIRONMENT, settings.ALERTING_STATUS_URL).subject
    return {"name": name, "slug": slug, "subject": subject, "previews": previews}
