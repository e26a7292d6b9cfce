"""Questions to the stand-in for Sentry, and rows as Sentry writes them where a test prepares its answer."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from alerting.errors import SourceFault
from alerting.poll.budget import LocalBudget
from alerting.poll.client import SentryClient
from alerting.poll.sentry import SentrySource
from alerting.poll.server_facts import FactsStore
from alerting.rules.answers import Measure, Priority, Question
from alerting.rules.model import Trust, Window
from tests.sandbox.prepared import Prepare, Reply
from tests.sandbox.records import RecordedRequest
from tests.sandbox.sentry import SentryPart

TOKEN = "sntryu_" + "0123456789abcdef" * 4
END = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


def happened(sentry: SentryPart, projects: int) -> None:
    """So many projects, each with an error."""
    for number in range(1, projects + 1):
        sentry.add_project(f"p{number}", id=number)
        sentry.add_errors(f"p{number}", 1, at=END - timedelta(minutes=1), issue=False)


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


def listing(name: str, rows: Sequence[Any]) -> Prepare:
    """The endpoint of that name answers with these rows, a hundred a page; all others with the truth."""

    def answer(request: RecordedRequest) -> Reply | None:
        if not request.path.endswith(f"/{name}/"):
            return None
        offset = int((request.one("cursor") or "0:0:0").split(":")[1])
        header = link(f"0:{offset + 100}:0", offset + 100 < len(rows))
        return Reply(rows[offset : offset + 100], headers={"Link": header})

    return answer


def refusing(field: str) -> Prepare:
    """A server that does not know this field of `events/`."""
    refusal = Reply({"detail": f"Unknown field: {field}"}, 400)
    return lambda request: refusal if field in request.all("field") else None


def source(sentry: SentryPart, *, facts: FactsStore | None = None, **more: Any) -> SentrySource:
    """A source on the server's clock, with times short enough for tests."""
    names = ("exchange_seconds", "patience_seconds", "budget", "fetch")
    client_options = {name: more.pop(name) for name in names if name in more}
    client_options = {"exchange_seconds": 2.0, "patience_seconds": 2.5, **client_options}
    budget = client_options.pop("budget", None) or LocalBudget()
    base_url = more.pop("base_url", sentry.url)
    client = SentryClient(base_url, TOKEN, budget, clock=lambda: sentry.clock().timestamp(), **client_options)
    more.setdefault("clock", lambda: sentry.clock().timestamp())
    return SentrySource(client, more.pop("org", sentry.org), facts=facts, **more)


def question(measure: Measure, seconds: int = 300, priority: Priority = Priority.HIGH, **more: Any) -> Question:
    return Question(measure, Window(END - timedelta(seconds=seconds), END), priority, **more)


def fails(sentry: SentryPart, measure: Measure = Measure.ERRORS, **more: object) -> tuple[SourceFault | None, str]:
    """The fault, and what is said, of a question that is not answered at all."""
    answer = source(sentry, **more).ask(question(measure))
    assert (answer.trust, answer.rows, answer.issues) == (Trust.SOURCE_ERROR, {}, ())
    assert TOKEN not in answer.note
    return answer.fault, answer.note
