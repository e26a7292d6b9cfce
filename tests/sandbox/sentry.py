"""The stand-in for Sentry as tests and the quick start use it: make things happen, see what was asked."""

import secrets
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from tests.sandbox.arrivals import Arrivals
from tests.sandbox.part import OWN_NAMES, WebPart
from tests.sandbox.prepared import nothing
from tests.sandbox.records import EnvelopeItem, RecordedRequest
from tests.sandbox.store import Errors, Outcome, Project, Store, Transactions

DATASETS = ("errors", "spans", "transactions", "discover")
SCOPES = ("org:read", "project:read", "event:read")


class SentryPart(WebPart[RecordedRequest]):
    """One organisation on one server.

    May be changed at any time: `clock` (a callable giving aware UTC), `datasets` (what the server knows), `scopes`
    (of the tokens), `tokens`, `rate_limit` (requests a second for each endpoint; None is off).
    `wait_for` waits for web API requests; `events.wait_for` for what SDKs send, of which `envelopes` are the bytes.
    """

    most_bytes = 100 * 1024 * 1024

    def __init__(self) -> None:
        self.requests: Arrivals[RecordedRequest] = Arrivals(100_000)
        super().__init__(self.requests)
        self.events: Arrivals[EnvelopeItem] = Arrivals()
        self.envelopes: Arrivals[bytes] = Arrivals(1_000)
        self.org = "acme"
        self.token = f"sntryu_{secrets.token_hex(32)}"
        self.begin_anew()

    def begin_anew(self) -> None:
        """Forget all that happened, was asked and was set, but the token: for the next test on the same port."""
        for arrived in (self.requests, self.events, self.envelopes):
            arrived.clear()
        self.faults.clear()
        self.prepare = nothing
        self.own_names = OWN_NAMES
        self.tokens = {self.token}
        self.store = Store()
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.datasets: set[str] = set(DATASETS)
        self.scopes: set[str] = set(SCOPES)
        self.rate_limit: float | None = None

    def note(self, request: RecordedRequest) -> None:
        """Record what is asked of the web API, without bodies."""
        if request.path.startswith("/api/0/"):
            request.body = b""
            self.requests.add(request)

    @property
    def url(self) -> str:
        return self.address

    def dsn(self, slug: str) -> str:
        """Where an SDK sends for this project, which is created if it is new."""
        project = self.store.ensure_project(slug)
        return f"http://{project.key}@{self.host}:{self.port}/{project.id}"

    def add_project(self, slug: str, id: int | None = None, environments: Iterable[str] = ("production",)) -> int:  # noqa: A002
        """The project's id; the project is created if it is new."""
        return self.store.ensure_project(slug, id, environments).id

    def remove_project(self, slug: str) -> None:
        """Delete a project, or transfer it to another organisation; one of the same name would get another id."""
        self.store.remove_project(self._known(slug))

    def rename_project(self, slug: str, to: str) -> None:
        """Give a project another slug; it keeps its id and everything that happened in it."""
        self.store.rename_project(self._known(slug), to)

    def hide_project(self, slug: str, *, hidden: bool = True) -> None:
        """Take the tokens' access to a project away (or give it back), while events go on arriving there."""
        self._known(slug).hidden = hidden

    def add_errors(
        self,
        project: str,
        count: int,
        at: datetime | None = None,
        spread_seconds: float = 0.0,
        environment: str = "production",
        title: str | None = None,
        level: str = "error",
        issue: bool = True,
        type: str = "error",  # noqa: A002
    ) -> None:
        """`count` errors at `at` (now), or evenly over the `spread_seconds` that end there.

        They are one issue with `title` (one per project where there is none), or none with `issue=False`. `type` is
        the events' type: `default` for messages, `csp` and its like for security reports.
        """
        place = self.store.ensure_project(project)
        name = title or f"RuntimeError: {project} is broken"
        culprit = f"{project}.views in handle"
        number = 0
        if issue:
            made = self.store.issue(place, f"title:{name}", title=name, level=level, culprit=culprit, type=type)
            number = made.id
        for moment, share in _spread(count, self._moment(at), spread_seconds):
            self.store.add_errors(Errors(moment, place.id, environment, share, level, name, number, type))

    def add_issue(
        self,
        project: str,
        title: str,
        first_seen: datetime | None = None,
        culprit: str = "",
    ) -> str:
        """A new issue, seen once; its id. It adds nothing to any count of errors."""
        place, at = self.store.ensure_project(project), self._moment(first_seen)
        made = self.store.issue(place, f"title:{title}", title=title, culprit=culprit)
        place.environments.add("production")
        self.store.see(made, at, "production", 1)
        return str(made.id)

    def add_transactions(
        self,
        project: str,
        count: int,
        p95_ms: float = 200.0,
        at: datetime | None = None,
        spread_seconds: float = 0.0,
        sample_rate: float = 1.0,
    ) -> None:
        """`count` transactions really handled, each `p95_ms` long.

        With a `sample_rate` below one only that share of them was sent: the spans dataset corrects for it, the older
        ones do not.
        """
        place = self.store.ensure_project(project)
        for moment, share in _spread(count, self._moment(at), spread_seconds):
            stored = round(share * sample_rate)
            self.store.add_transactions(Transactions(moment, place.id, "production", share, stored, p95_ms, "GET /"))

    def add_dropped(
        self,
        project: str,
        count: int,
        at: datetime | None = None,
        reason: str = "smart_rate_limit",
        outcome: str = "rate_limited",
        category: str = "error",
    ) -> None:
        """Events Sentry did not keep; only stats_v2/ tells of them."""
        place = self.store.ensure_project(project)
        self.store.outcomes.add(Outcome(self._moment(at), place.id, category, outcome, reason, count))

    def _known(self, slug: str) -> Project:
        project = self.store.project(slug)
        if project is None:
            raise ValueError(f"there is no project {slug}")
        return project

    def _moment(self, at: datetime | None) -> float:
        moment = at or self.clock()
        if moment.tzinfo is None:
            raise ValueError("times must say their zone")
        return moment.timestamp()


def _spread(count: int, at: float, spread_seconds: float) -> list[tuple[float, int]]:
    if not spread_seconds:
        return [(at, count)] if count else []
    return [(at - spread_seconds + spread_seconds * (number + 1) / count, 1) for number in range(count)]
