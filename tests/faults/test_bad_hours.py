"""Hours in seconds: what people read in Slack and by mail while an incident worsens or flaps, or a provider is down.

The pipeline runs in this process on a turned clock; Sentry, Slack and the mail server are real sockets.
"""

import re
from datetime import UTC, datetime, timedelta

import pytest

from alerting.incidents.models import Decision
from alerting.notifiers.email.notifier import EmailNotifier
from alerting.notifiers.email.smtp import SmtpBackend
from alerting.notifiers.slack.notifier import SlackNotifier, WebhookMode
from tests.rules.test_evaluate import Defaults
from tests.sandbox import Fault, Sandbox
from tests.support.pipeline import World
from tests.support.sandboxed import world_on

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]
NOON = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
TAG = re.compile(r"^\[([a-z ]+)\]")


class ShortWindow(Defaults):
    SENTRY_CRITICAL_ERROR_WINDOW_SECONDS = 60
    SENTRY_NEW_ISSUE_ALERTS_ENABLED = False


@pytest.fixture
def world(sandbox: Sandbox) -> World:
    made = World(NOON, keep_firing=timedelta(), settle=0, thresholds=ShortWindow)
    made.slack = SlackNotifier(WebhookMode(sandbox.slack.webhook_url))
    made.email = EmailNotifier(
        ["oncall@example.com"],
        "alerts@example.com",
        lambda: SmtpBackend(host=sandbox.mail.host, port=sandbox.mail.port, timeout=5),
    )
    world_on(sandbox, made).run(timedelta(seconds=15))
    return made


def errors(world: World, sandbox: Sandbox, count: int) -> None:
    sandbox.sentry.add_errors("checkout", count, issue=False)


def read(sandbox: Sandbox) -> list[str]:
    """The tags of what people read, which must be the same in Slack and by mail."""
    texts = [each.text for each in sandbox.slack.messages]
    subjects = [str(each.message["Subject"]) for each in sandbox.mail.messages]
    tags = [TAG.findall(text)[0] for text in texts]
    assert [TAG.findall(subject)[0] for subject in subjects] == tags
    return tags


def test_getting_worse_is_told_once_per_doubling_and_not_at_every_tick(world: World, sandbox: Sandbox) -> None:
    for count in (11, 5, 5, 5, 5, 5, 5):
        errors(world, sandbox, count)
        world.run(timedelta(seconds=15))
    # 26 errors are more than twice eleven, but only because the window has filled.
    assert read(sandbox) == ["firing"]
    errors(world, sandbox, 45)
    world.run(timedelta(seconds=30))
    assert read(sandbox) == ["firing", "worse"]
    assert "It got worse: 60 errors in 1 min (threshold 10 errors), at least double" in sandbox.slack.messages[1].text
    for _ in range(44):
        errors(world, sandbox, 40)
        world.run(timedelta(seconds=15))
    # Doubled again, but within ten minutes of having said so: no news when they are over.
    assert read(sandbox) == ["firing", "worse"]
    for _ in range(6):
        errors(world, sandbox, 80)
        world.run(timedelta(seconds=15))
    assert read(sandbox) == ["firing", "worse", "worse"]
    assert "320 errors" in sandbox.slack.messages[2].text
    world.run(timedelta(minutes=3))
    assert read(sandbox) == ["firing", "worse", "worse", "resolved"]


def test_what_keeps_starting_and_stopping_is_told_as_flapping_once_and_its_end_once(
    world: World, sandbox: Sandbox
) -> None:
    world.interval = 60
    for _ in range(12):
        errors(world, sandbox, 11)
        world.run(timedelta(minutes=3))
    assert read(sandbox) == ["firing", "resolved"] * 3 + ["flapping"]
    flapping = sandbox.slack.messages[6].text
    assert "It keeps starting and stopping: 11 errors in 1 min (threshold 10 errors)." in flapping
    assert "Until it has been stable for a while, only a value twice as high is told, and a reminder" in flapping
    world.run(timedelta(minutes=45))
    assert read(sandbox) == ["firing", "resolved"] * 3 + ["flapping", "resolved"]
    assert "flapping_quiet" in set(Decision.objects.values_list("reason", flat=True))


def test_what_flapped_and_stays_broken_is_said_to_be_so_once(world: World, sandbox: Sandbox) -> None:
    world.interval = 60
    for _ in range(4):
        errors(world, sandbox, 11)
        world.run(timedelta(minutes=3))
    for _ in range(42):
        errors(world, sandbox, 12)
        world.run(timedelta(minutes=1))
    assert read(sandbox) == ["firing", "resolved"] * 3 + ["flapping", "still firing"]
    assert "It no longer comes and goes" in sandbox.slack.messages[-1].text


def test_ten_minutes_of_5xx_cost_some_minutes_and_nothing_else(world: World, sandbox: Sandbox) -> None:
    down = sandbox.slack.fault(Fault(status=503))
    errors(world, sandbox, 11)
    world.run(timedelta(minutes=10))
    assert sandbox.slack.messages == []
    assert [TAG.findall(str(each.message["Subject"]))[0] for each in sandbox.mail.messages] == ["firing", "resolved"]
    assert len(sandbox.slack.requests) <= 25
    down.remove()
    world.run(timedelta(seconds=75))
    assert read(sandbox) == ["firing", "resolved"]


def test_after_hours_of_5xx_people_get_one_dated_summary(world: World, sandbox: Sandbox) -> None:
    down = sandbox.slack.fault(Fault(status=503))
    errors(world, sandbox, 11)
    world.run(timedelta(seconds=30))
    world.interval = 60
    world.run(timedelta(minutes=70))
    down.remove()
    world.run(timedelta(minutes=4))
    (summary,) = [each.text for each in sandbox.slack.messages]
    assert summary.startswith("[late summary] High · checkout\n2 notices about 1 project could not be delivered")
    assert re.search(r"could not be delivered in time, the oldest since 2026-01-01 12:00:\d\d UTC", summary)
    lines = [line for line in summary.splitlines() if "checkout: " in line and "threshold" in line]
    assert ["firing" in lines[0], "resolved" in lines[1]] == [True, True]
    assert len(sandbox.mail.messages) == 2
