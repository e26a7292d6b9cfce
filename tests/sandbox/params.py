"""How Sentry reads the parameters its organisation endpoints share, and refuses them. Texts as in getsentry/sentry."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException

from tests.sandbox.store import Project, Store

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
DEFAULT_SECONDS = 90 * 86_400
QUANTIZED_FROM = 3600
MOST_PER_PAGE = 100
NOT_FOUND = "The requested resource does not exist"
FORBIDDEN = "You do not have permission to perform this action."


class Period(NamedTuple):
    """[start, end) in epoch seconds."""

    start: float
    end: float


class Cursor(NamedTuple):
    """Sentry's `value:offset:is_prev`."""

    value: int = 0
    offset: int = 0
    is_prev: bool = False

    def __str__(self) -> str:
        return f"{self.value}:{self.offset}:{int(self.is_prev)}"


class Params(QueryParams):
    """A request's query, in order and repeatable."""

    def cursor(self) -> Cursor | None:
        text = self.get("cursor")
        if text is None:
            return None
        if not re.fullmatch(r"\d+:-?\d+:[01]", text):
            raise HTTPException(400, "Invalid cursor parameter.")
        value, offset, is_prev = text.split(":")
        return Cursor(int(value), int(offset), is_prev == "1")

    def page_size(self, name: str) -> int:
        text = self.get(name)
        if text is None:
            return MOST_PER_PAGE
        if not re.fullmatch(r"\d{1,9}", text) or int(text) < 1:
            raise HTTPException(400, f"Invalid {name} parameter.")
        if int(text) > MOST_PER_PAGE:
            raise HTTPException(400, f"Invalid {name} value. Cannot exceed {MOST_PER_PAGE}.")
        return int(text)

    def period(self, now: datetime, *, events: bool = False) -> Period:
        """`statsPeriod` wins over `start` and `end`; without either the last 90 days."""
        end = now.timestamp()
        relative = self.get("statsPeriod")
        if relative is not None:
            length = seconds(relative)
            if length is None or not length:
                raise HTTPException(400, f"Invalid statsPeriod: '{relative}'")
            if length <= QUANTIZED_FROM:
                return Period(end - length, end)
            return Period((end - length) // 60 * 60, -(-end // 60) * 60)
        start_text, end_text = self.get("start"), self.get("end")
        if start_text is None and end_text is None:
            return Period(end - DEFAULT_SECONDS, end)
        if not start_text or not end_text:
            raise HTTPException(400, "start and end are both required")
        prefix = "Invalid date range: " if events else ""
        period = Period(_moment(start_text, prefix), _moment(end_text, prefix))
        if period.start >= period.end:
            raise HTTPException(400, f"{prefix}start must be before end")
        return period

    def projects(self, store: Store) -> list[Project]:
        """`-1` is every project; none named are those of the caller's teams, and integrations are in none."""
        wanted = self.getlist("project")
        if "-1" in wanted:
            return [project for project in store.projects.values() if not project.hidden]
        found = []
        for name in wanted:
            if not name.isdecimal():
                raise HTTPException(400, "Invalid project parameter. Values must be numbers.")
            project = store.project(int(name))
            if project is None or project.hidden:
                raise HTTPException(403, FORBIDDEN)
            found.append(project)
        return found

    def environments(self, store: Store) -> frozenset[str]:
        """The names to keep (none: all); a name that no project has ever seen is a 404 of its own."""
        wanted = frozenset(self.getlist("environment")) - {""}
        if wanted - store.environments():
            raise HTTPException(404, NOT_FOUND)
        return wanted


def seconds(text: str) -> int | None:
    """A length like `5m`; a bare number is seconds; None for anything else."""
    found = re.fullmatch(r"(\d{1,9})([smhdw]?)", text)
    return int(found[1]) * UNITS[found[2] or "s"] if found else None


def moment(text: str) -> float | None:
    """ISO 8601 (naive is UTC) or epoch seconds, as epoch seconds."""
    if re.fullmatch(r"\d{1,12}(\.\d+)?", text):
        return float(text)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def terms(query: str) -> Iterable[tuple[str, str]]:
    """The words of a search as (key, value); free text has an empty key, what is negated one with an `!`."""
    for word in re.findall(r'(?:[^\s"\[]|"[^"]*"|\[[^\]]*\])+', query):
        found = re.fullmatch(r"(!?[A-Za-z_.]+):(.+)", word, re.DOTALL)
        yield (found[1], found[2].strip('"')) if found else ("", word.strip('"'))


def values(text: str) -> set[str]:
    """`[a,b]` or a single value."""
    if text.startswith("[") and text.endswith("]"):
        return {part.strip().strip('"') for part in text[1:-1].split(",")}
    return {text}


def _moment(text: str, prefix: str) -> float:
    found = moment(text)
    if found is None:
        raise HTTPException(400, f"{prefix}{text} is not a valid ISO8601 date query")
    return found
