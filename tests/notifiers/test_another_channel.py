"""A channel that does not exist, added by what CONTRIBUTING's checklist says and by nothing else."""

from pathlib import Path

import pytest

from alerting.examples.every_kind import every_kind
from tests.support.checkout import Checkout

# One worker, so that what the whole file shares is made once.
pytestmark = pytest.mark.xdist_group("another-channel")

CHANNEL = """
from alerting.findings import Finding, Status
from alerting.notifiers import render
from alerting.notifiers.base import Channel, Preview, PreviewFile, Receipt


class PigeonNotifier:
    channel = "pigeon"

    def __init__(self, loft):
        self._loft = loft

    def send(self, notice, ref, dedupe_key):
        with self._loft.open("a") as loft:
            loft.write(render.view(notice).subject + "\\n")
        return Receipt()


def build(settings):
    return PigeonNotifier(settings.data_dir / "loft")


def check(settings):
    return Finding("Pigeon", Status.PASS, "the pigeon is awake")


def preview(notice, settings):
    return Preview("Pigeon", [PreviewFile("pigeon.txt", "the note", notice.headline)], "The note", notice.headline)


CHANNEL = Channel(name="pigeon", settings=(), build=build, check=check, preview=preview)
"""
IMPORT = "from alerting.notifiers.pigeon.channel import CHANNEL as PIGEON"
VARIABLE = '    SENTRY_PIGEON_ALERTS_ENABLED: Annotated[Boolean, SwitchesOn("pigeon")] = Field(False)'
EVALUATE = """
import django
from dataclasses import replace
from datetime import UTC, datetime, timedelta

django.setup()
from alerting import config, wiring
from alerting.pipeline import deliver_due, evaluate_tick
from alerting.poll.budget import LocalBudget
from alerting.rules.model import Project
from tests.support.source import FakeSource

now, source = datetime.now(UTC), FakeSource()
source.add_errors(Project("1", "shop"), 12, now - timedelta(seconds=30))
parts = replace(wiring.parts(config.current(), LocalBudget()), source=source, completion=None)
evaluate_tick(parts, now)
deliver_due(parts, "pigeon")
"""


@pytest.fixture(scope="module")
def contributed(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    environ = {"SENTRY_PIGEON_ALERTS_ENABLED": "true", "SENTRY_AUTH_TOKEN": "x" * 64, "SENTRY_ORG": "acme"}
    checkout = Checkout(tmp_path_factory.mktemp("checkout"), environ)
    checkout.write("alerting/notifiers/pigeon/__init__.py", "")
    checkout.write("alerting/notifiers/pigeon/channel.py", CHANNEL)
    registry = "alerting/notifiers/registry.py"
    checkout.insert(registry, "from alerting.notifiers.slack.channel import CHANNEL as SLACK", IMPORT)
    checkout.insert(registry, "    SLACK,", "    PIGEON,")
    checkout.insert("alerting/config.py", "    HEARTBEAT_URL: SecretHttpsUrl | None = Field(", VARIABLE)
    return checkout


def test_a_tick_owes_it_a_notice_and_the_outbox_delivers_it(contributed: Checkout) -> None:
    contributed.alerting("migrate")
    contributed.python(EVALUATE)
    assert (contributed.data / "loft").read_text() == "[firing] High, shop: 12 errors in 5 min, threshold 10 errors\n"
    assert "pigeon" in contributed.alerting("outbox", "list", "--all")


def test_check_tries_it_and_shows_its_variable(contributed: Checkout) -> None:
    shown = contributed.alerting("check")
    assert "Pigeon" in shown and "the pigeon is awake" in shown
    assert "SENTRY_PIGEON_ALERTS_ENABLED" in shown
    assert "4 rules, each with an enabled channel" in shown


def test_preview_shows_what_it_makes_of_every_notice(contributed: Checkout, tmp_path: Path) -> None:
    contributed.alerting("preview", str(tmp_path))
    assert len(list(tmp_path.glob("*.pigeon.txt"))) == len(every_kind())
    assert 'title="Pigeon: firing"' in (tmp_path / "index.html").read_text()


def test_send_test_sends_it_one_of_each(contributed: Checkout) -> None:
    sent = contributed.alerting("send-test", "--channel", "pigeon").splitlines()
    assert len(sent) == len(every_kind()) and all(line.startswith("pigeon ") for line in sent)
