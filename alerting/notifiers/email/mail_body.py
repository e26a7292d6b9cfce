"""A view as a mail's HTML part shows it, from this package's own template."""

from pathlib import Path
from typing import NamedTuple

from django.template import Context, Engine

from alerting.notifiers.render import Row, View
from alerting.notifiers.words import Mood

# Above this the lines lose their links: Gmail hides what comes after about 100 kB.
MOST_LINKED_ROWS = 120
_COLOURS = {Mood.ALARM: "#c0392b", Mood.WARNING: "#b9770e", Mood.GOOD: "#1e8449", Mood.QUIET: "#2e6da4"}
# Its own engine: `alerting` is no installed app, so Django's loaders would not look here.
_ENGINE = Engine(dirs=[str(Path(__file__).parent / "templates")], autoescape=True)


class Piece(NamedTuple):
    """A run of a sentence; what stands in backticks is code."""

    text: str
    is_code: bool


def html(shown: View) -> str:
    """The HTML part: inline colours that also bear a dark reader, nothing loaded from elsewhere."""
    context = {
        "view": shown,
        "colour": _COLOURS[shown.mood],
        "preheader": _preheader(shown),
        "sentence": pieces(shown.sentence),
        "next_step": pieces(shown.next_step),
        "notes": [pieces(note) for note in shown.notes],
        "rows": [{"row": row, "rest": _rest(row)} for row in shown.rows],
        "bars": shown.bars,
        "linked": len(shown.rows) <= MOST_LINKED_ROWS,
    }
    return str(_ENGINE.get_template("notice.html").render(Context(context, use_l10n=False)))


def _preheader(shown: View) -> str:
    """What an inbox shows after the subject, which has said the value already."""
    first = next((f"{each.count} {each.title}" for each in shown.culprits), "")
    return first or shown.next_step.replace("`", "")


def pieces(sentence: str) -> list[Piece]:
    """The sentence cut at its backticks."""
    parts = sentence.split("`")
    if len(parts) % 2 == 0:
        return [Piece(sentence, is_code=False)]
    return [Piece(part, is_code=bool(index % 2)) for index, part in enumerate(parts) if part]


def _rest(row: Row) -> str:
    parts = (row.environment, row.when, row.against) if row.is_new else (row.rule, row.environment, row.when)
    return "".join(f" · {part}" for part in parts if part)
