"""`alerting outbox` and `explain` as text: whole words on whole lines, also for a narrow terminal or a pipe."""

from datetime import UTC, datetime, timedelta

import pytest

from alerting.commands import explain, outbox
from alerting.outbox.models import Message
from alerting.rules.model import Project
from tests.support.pipeline import World

NOON = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
SLUG = "a-project-with-quite-a-long-name"
ERROR = "smtp_550: no such user here, and a long explanation that no narrow terminal has room for on one line"


@pytest.fixture
def owed(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> list[Message]:
    """Notices that were refused, and a terminal of forty columns."""
    monkeypatch.setenv("COLUMNS", "40")
    world = World(NOON)
    world.run(timedelta(seconds=15))
    world.source.add_errors(Project("1", SLUG), 20, world.now)
    world.now += timedelta(seconds=1)
    world.run(timedelta(seconds=15))
    Message.objects.update(state=Message.State.FAILED, error=ERROR)
    found = list(Message.objects.order_by("-id"))
    assert found
    return found


def test_each_message_is_listed_on_one_line_with_all_that_is_known(
    owed: list[Message], capsys: pytest.CaptureFixture[str]
) -> None:
    outbox.list_messages(False, 50)
    rows = [line.split() for line in capsys.readouterr().out.splitlines() if ERROR in line]
    assert [(int(row[0]), row[1], row[4]) for row in rows] == [(each.pk, each.channel, SLUG) for each in owed]


def test_the_link_of_a_message_can_be_copied(owed: list[Message], capsys: pytest.CaptureFixture[str]) -> None:
    outbox.show(owed[0].pk)
    (link,) = (line for line in capsys.readouterr().out.splitlines() if "://" in line)
    assert "&end=" in link


def test_what_explain_says_is_not_broken_into_lines(
    transactional_db: None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    explain.explain(None)
    said = capsys.readouterr().out
    assert said == "No tick has run yet: start `celery -A worker worker` and `celery -A worker beat`.\n"
