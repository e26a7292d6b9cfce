"""The lines of a digest in Slack: every one of them, each as roomy as all of them together allow. Pure."""

from collections.abc import Callable, Sequence

from alerting.notifiers.escape import fit, mrkdwn, slack_link
from alerting.notifiers.render import Row
from alerting.notifiers.words import Mood

SIGNS = {Mood.ALARM: "🔴", Mood.WARNING: "🟠", Mood.GOOD: "🟢", Mood.QUIET: "🔵"}
ROOMIEST = 700
NARROWEST = 24

Form = Callable[[Row], str]


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
