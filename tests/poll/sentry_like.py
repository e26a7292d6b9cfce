"""A small Sentry with exact rows behind the scripted server: pages, Link headers, datasets it may lack."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from alerting.poll.budget import LocalBudget
from alerting.poll.client import SentryClient
from alerting.poll.facts import FactsStore
from alerting.poll.sentry import SentrySource
from alerting.rules.answers import Measure, Priority, Question
from alerting.rules.model import Window
from tests.poll.server import Reply, Request, Server

TOKEN = "sntryu_" + "0123456789abcdef" * 4
END = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
Hook = Callable[[Request], Reply | None]


def event_row(number: int, count: object = 7, **more: object) -> dict[str, object]:
    return {"project": f"p{number}", "project.id": number, "count()": count, **more}


def issue_row(number: int, first_seen: datetime, **more: Any) -> dict[str, object]:
    seen = first_seen.isoformat().replace("+00:00", "Z")
    return {
        "id": str(number),
        "shortId": f"API-{number}",
        "title": f"ValueError: {number}",
        "culprit": "app.pay",
        "level": "error",
        "permalink": f"https://acme.sentry.io/issues/{number}/",
        "issueCategory": "error",
        "project": {"id": "1", "slug": "api"},
        "firstSeen": seen,
        "lifetime": {"firstSeen": seen},
        "count": "3",
        **more,
    }


def link(cursor: str, more: bool, host: str = "https://elsewhere.example") -> str:
    return (
        f'<{host}/?cursor=0:0:1>; rel="previous"; results="false"; cursor="0:0:1", '
        f'<{host}/?cursor={cursor}>; rel="next"; results="{str(more).lower()}"; cursor="{cursor}"'
    )


def paged(rows: list[Any], request: Request, size: int = 100) -> tuple[list[Any], str]:
    offset = int((request.one("cursor") or "0:0:0").split(":")[1])
    return rows[offset : offset + size], link(f"0:{offset + size}:0", offset + size < len(rows))


@dataclass
class SentryLike:
    """`hook` may answer a request first; None leaves it to the ordinary answer."""

    errors: list[Any] = field(default_factory=list)
    transactions: list[Any] = field(default_factory=list)
    issues: list[Any] = field(default_factory=list)
    groups: list[Any] = field(default_factory=list)
    projects: list[Any] = field(default_factory=list)
    datasets: set[str] = field(default_factory=lambda: {"errors", "spans", "transactions", "discover"})
    fields_refused: set[str] = field(default_factory=set)
    meta: dict[str, Any] = field(default_factory=dict)
    scopes: list[str] = field(default_factory=lambda: ["org:read", "event:read", "project:read"])
    organisations: tuple[str, ...] = ("acme",)
    environments: tuple[str, ...] = ("production",)
    hook: Hook = lambda _: None

    def __call__(self, request: Request) -> Reply:
        early = self.hook(request)
        if early is not None:
            return early
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return Reply({"detail": "Invalid token"}, 401)
        parts = request.path.strip("/").split("/")
        if parts == ["api", "0"]:
            return Reply({"version": "0", "auth": {"scopes": self.scopes}, "user": None})
        unknown = set(request.all("environment")) - set(self.environments)
        if parts[3] not in self.organisations or unknown:
            return Reply({"detail": "The requested resource does not exist"}, 404)
        match parts[4:]:
            case []:
                return Reply({"id": "1", "slug": "acme", "name": "Acme", "links": {"regionUrl": ""}})
            case ["events"]:
                return self._events(request)
            case ["issues"]:
                found, header = paged(self.issues, request)
                return Reply(found, headers={"Link": header})
            case ["stats_v2"]:
                return Reply({"start": "", "end": "", "groups": self.groups})
            case ["projects"]:
                found, header = paged(self.projects, request)
                return Reply(found, headers={"Link": header})
        return Reply(b"<html>not found</html>", 404, content_type="text/html")

    def _events(self, request: Request) -> Reply:
        dataset = request.one("dataset")
        if dataset not in self.datasets:
            return Reply({"detail": f"dataset must be one of: {', '.join(sorted(self.datasets))}"}, 400)
        if refused := self.fields_refused & set(request.all("field")):
            return Reply({"detail": f"Unknown field: {refused.pop()}"}, 400)
        errors = dataset == "errors" or "level:" in request.one("query")
        found, header = paged(self.errors if errors else self.transactions, request)
        return Reply({"data": found, "meta": self.meta}, headers={"Link": header})


def source(server: Server, *, facts: FactsStore | None = None, **more: Any) -> SentrySource:
    """A source with times short enough for tests."""
    names = ("exchange_seconds", "patience_seconds", "budget")
    client_options = {name: more.pop(name) for name in names if name in more}
    client_options = {"exchange_seconds": 2.0, "patience_seconds": 2.5, **client_options}
    client = SentryClient(server.url, TOKEN, client_options.pop("budget", None) or LocalBudget(), **client_options)
    return SentrySource(client, more.pop("org", "acme"), facts=facts, **more)


def question(measure: Measure, seconds: int = 300, priority: Priority = Priority.HIGH, **more: Any) -> Question:
    return Question(measure, Window(END - timedelta(seconds=seconds), END), priority, **more)
