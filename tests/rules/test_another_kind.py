"""A rule kind that does not exist, added by what CONTRIBUTING's checklist says and by nothing else.

It is read from a measure that nobody asks for yet: how many sessions end in a crash.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.notifiers.stand_ins import SlackServer, slack_server
from tests.sandbox import Sandbox
from tests.sandbox.prepared import Reply
from tests.sandbox.records import RecordedRequest
from tests.support.checkout import Checkout

# One worker, so that what the whole file shares is made once.
pytestmark = pytest.mark.xdist_group("another-kind")

KIND = """
from dataclasses import replace

from alerting.rules.answers import Measure, Priority
from alerting.rules.evaluate import judge_over_sample
from alerting.rules.kind import Kind, settled
from alerting.rules.model import Severity
from alerting.rules.readings import base, rows, settled_answer
from alerting.rules.units import span, text


def ask(rule, situation):
    return [(settled(Measure.SESSIONS, rule, situation, Priority.HIGH),)]


def read(rule, answers, watched):
    answer = settled_answer(answers, Measure.SESSIONS, rule.window_seconds)
    for project, row in rows(answer, rule, watched) if answer else ():
        yield replace(base(project, row, answer, watched), value=row.crashed / row.sessions, sample=row.sessions)


KIND = Kind(
    name="crash_rate",
    title="Crash rate",
    unit="ratio",
    severity=Severity.HIGH,
    threshold="SENTRY_CRASH_RATE_THRESHOLD",
    window="SENTRY_CRASH_RATE_WINDOW_SECONDS",
    measures=frozenset({Measure.SESSIONS}),
    ask=ask,
    read=read,
    judge=judge_over_sample,
    headline=lambda rule, reading, value: f"{text(rule, value)} of sessions crashed in {span(reading.window.seconds)}",
    sample=lambda reading: f"{reading.sample} sessions",
    link=lambda rule, reading: ("releases/", ""),
)
"""
WORDS = """
from alerting.poll import rows
from alerting.rules.answers import Answer, Row
from alerting.rules.model import Project, Trust


def read(organisation, question, params, errand):
    fields = (("field", "sum(session)"), ("field", "crash_rate(session)"), ("groupBy", "project"))
    page = organisation.get("sessions", (*fields, *params), errand)
    slugs = {found: slug for slug, found in organisation.inventory(errand).ids.items()}
    found = {}
    for group in page.data["groups"]:
        project, totals = str(group["by"]["project"]), group["totals"]
        count = totals["sum(session)"]
        row = Row(sessions=count, crashed=round(count * totals["crash_rate(session)"]))
        found[Project(project, slugs[project])] = row
    return Answer(question, Trust.VALUE, found, dataset="sessions", requests=errand.requests)
"""
ASKED = """                case Measure.SESSIONS:
                    narrowed, _ = self._narrow(question, errand)
                    return sessions.read(self.organisation, question, (*period(question.window), *narrowed), errand)"""
IMPORT = "from alerting.rules.crash_rate.kind import KIND as CRASH_RATE"
LISTED = '        "crashes": other_projects.crashes(),'
VARIABLES = """    SENTRY_CRASH_RATE_THRESHOLD: Rate = Field(0.02)
    SENTRY_CRASH_RATE_WINDOW_SECONDS: WindowSeconds = Field(600)"""
EXAMPLE = """def crashes() -> Notice:
    rule = RULES["crash_rate"]
    reading = _reading(SEARCH, "12:07:30", rule, 0.031, dataset="sessions", sample=5_000)
    return _first(rule, reading, clock("12:07:41"))

"""
TICKS = """
import django
from dataclasses import replace
from datetime import UTC, datetime, timedelta

django.setup()
from alerting import config, wiring
from alerting.pipeline import deliver_due, evaluate_tick
from alerting.poll.budget import LocalBudget

parts = replace(wiring.parts(config.current(), LocalBudget()), completion=None)
for tick in range(4):
    evaluate_tick(parts, datetime.now(UTC) + tick * timedelta(seconds=15))
deliver_due(parts, "slack")
"""
PAGE = """
import django

django.setup()
from django.test import Client

print(Client(HTTP_HOST="localhost").get("/rules/").content.decode())
"""


def sessions(request: RecordedRequest) -> Reply | None:
    """The pretend Sentry's answer about sessions: 150 of 5,000 crashed."""
    if not request.path.endswith("/sessions/"):
        return None
    totals = {"sum(session)": 5_000, "crash_rate(session)": 0.03}
    return Reply({"groups": [{"by": {"project": 1}, "totals": totals, "series": {}}]})


@pytest.fixture(scope="module")
def slack() -> Iterator[SlackServer]:
    with slack_server() as running:
        yield running


@pytest.fixture(scope="module")
def contributed(slack: SlackServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    with Sandbox() as sandbox:
        sandbox.sentry.add_project("shop", id=1)
        sandbox.sentry.prepare = sessions
        environ = {
            "SENTRY_URL": sandbox.sentry.url,
            "SENTRY_AUTH_TOKEN": sandbox.sentry.token,
            "SENTRY_ORG": "acme",
            "SENTRY_SLACK_ALERTS_ENABLED": "true",
            "SENTRY_SLACK_WEBHOOK_URL": slack.webhook_url,
        }
        checkout = Checkout(tmp_path_factory.mktemp("checkout"), environ)
        contribute(checkout)
        checkout.alerting("migrate")
        checkout.python(TICKS)
        yield checkout


def contribute(checkout: Checkout) -> None:
    """The checklist, step by step."""
    checkout.write("alerting/rules/crash_rate/__init__.py", "")
    checkout.write("alerting/rules/crash_rate/kind.py", KIND)
    catalog = "alerting/rules/catalog.py"
    checkout.insert(catalog, "from alerting.rules.kind import Kind", IMPORT)
    checkout.insert(catalog, "    NEW_ISSUE,", "    CRASH_RATE,")
    checkout.insert("alerting/config.py", "    SENTRY_ALERT_REPEAT_SECONDS: Seconds = Field(", VARIABLES)
    checkout.insert("alerting/examples/other_projects.py", "def flapping() -> Notice:", EXAMPLE)
    checkout.insert("alerting/examples/every_kind.py", '        "digest": digest(),', LISTED)
    answers = "alerting/rules/answers.py"
    checkout.insert(answers, '    PROJECTS = "projects"', '    SESSIONS = "sessions"')
    checkout.insert(answers, '    Measure.NEW_ISSUES: "new issues",', '    Measure.SESSIONS: "sessions",')
    checkout.insert(answers, "    errors: int | None = None", "    sessions: int = 0\n    crashed: int = 0")
    checkout.write("alerting/poll/sessions.py", WORDS)
    source = "alerting/poll/sentry.py"
    checkout.insert(source, "from alerting.poll.datasets import COUNT", "from alerting.poll import sessions")
    checkout.insert(source, "                case Measure.PROJECTS:", ASKED)


@pytest.mark.usefixtures("contributed")
def test_an_answer_becomes_a_notice_that_is_delivered(slack: SlackServer) -> None:
    (posted,) = slack.requests
    assert "High · shop\n3% of sessions crashed in 10 min, over the threshold of 2%." in posted.body["text"]
    assert "Sample: 5000 sessions" in posted.body["text"]


def test_explain_says_why_it_fired(contributed: Checkout) -> None:
    assert "crash_rate" in contributed.alerting("explain")
    assert "3%" in contributed.alerting("explain", "1")


def test_the_page_and_the_command_list_it_with_its_variables(contributed: Checkout) -> None:
    listed = contributed.alerting("rules")
    assert "crash_rate" in listed and "2% in 10 min" in listed
    page = contributed.python(PAGE)
    assert "Crash rate" in page and "SENTRY_CRASH_RATE_WINDOW_SECONDS" in page and "shop" in page


def test_preview_shows_its_example(contributed: Checkout, tmp_path: Path) -> None:
    contributed.alerting("preview", str(tmp_path))
    assert "3.1% of sessions crashed in 10 min" in (tmp_path / "crashes.mail.txt").read_text()
