"""Every secret planted once, everything broken once, and all we write, store, show or send searched for them."""

import base64
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import pytest
import redis

from tests.faults.test_database import cluster
from tests.flow.conftest import MakeService
from tests.sandbox import Sandbox
from tests.sandbox.faults import Fault
from tests.support.postgres import Cluster
from tests.support.service import ROOT, Service
from tests.support.told import in_slack

__all__ = ["cluster"]
pytestmark = [pytest.mark.faults]

BROKER, MAIL, DATABASE = "broker-pass-5521907", "mail/pass 7718203+", "database-pass-66120"
HEARTBEAT, DJANGO = "heart-secret-3391", "django-key-99120037-abcdef"
TABLES = ("incident", "transition", "decision", "tick", "evaluator", "gap", "sourcefacts")


@pytest.fixture(params=["sqlite"])
def database_url() -> str:
    """The tests choose their own."""
    return ""


@pytest.fixture
def common(sandbox: Sandbox) -> dict[str, str]:
    sandbox.mail.user, sandbox.mail.password = "alerts", MAIL
    return {
        "EMAIL_HOST_USER": sandbox.mail.user,
        "EMAIL_HOST_PASSWORD": MAIL,
        "HEARTBEAT_URL": f"{sandbox.slack.address}/beat/{HEARTBEAT}",
        "DJANGO_SECRET_KEY": DJANGO,
        "SENTRY_DSN": sandbox.sentry.dsn("ourselves"),
    }


def test_no_secret_gets_out_with_a_webhook_on_sqlite(
    make_service: MakeService, sandbox: Sandbox, common: dict[str, str]
) -> None:
    service = locked(make_service(**common))
    break_everything_once(service, sandbox)
    service.execute("alter table incidents_tick rename to away")
    service.wait_for_log("worker", "no such table", timeout=30)
    service.execute("alter table away rename to incidents_tick")
    assert_nothing_leaked(service, sandbox, {"webhook": sandbox.slack.webhook_path.rsplit("/", 1)[1]})


def test_no_secret_gets_out_with_a_bot_on_postgresql(
    make_service: MakeService, sandbox: Sandbox, common: dict[str, str], cluster: Cluster
) -> None:
    bot = {
        "SENTRY_SLACK_WEBHOOK_URL": "",
        "SENTRY_SLACK_BOT_TOKEN": sandbox.slack.bot_token,
        "SENTRY_SLACK_CHANNEL": sandbox.slack.channel,
        "SENTRY_SLACK_API_URL": sandbox.slack.api_url,
    }
    service = locked(make_service(**common, **bot))
    service.database_url = cluster.url.replace("alerting@", f"alerting:{DATABASE}@")
    break_everything_once(service, sandbox)
    cluster.stop()
    service.wait_for_log("worker", "the database is away", timeout=30)
    away = service.command("check")
    cluster.start()
    planted = {"bot": sandbox.slack.bot_token, "database": DATABASE}
    assert_nothing_leaked(service, sandbox, planted, {"check without a database": away.stdout + away.stderr})


def locked(service: Service) -> Service:
    """The service on a broker that asks for a password."""
    redis.Redis.from_url(service.broker_url).config_set("requirepass", BROKER)
    service.broker_url = service.broker_url.replace("redis://", f"redis://:{BROKER}@")
    return service


def break_everything_once(service: Service, sandbox: Sandbox) -> None:
    """Sentry, Slack, mail and Redis each fail, at the chattiest level of logging."""
    service.migrate()
    service.start("worker", "worker", "-l", "debug", "-c", "2")
    service.wait_for_log("worker", " ready.")
    service.start("beat", "beat", "-l", "debug")
    service.wait_for_good_tick()
    sandbox.sentry.fault(Fault(status=401, times=2))
    sandbox.sentry.fault(Fault(drop="middle", times=2))
    sandbox.mail.fault(Fault(stage="auth", reply="454 later", times=1))
    sandbox.slack.fault(Fault(status=500, body="no", times=1))
    sandbox.sentry.add_errors("checkout", 11)
    sandbox.slack.wait_for(lambda _: in_slack(sandbox, "checkout"), timeout=60)
    sandbox.slack.refusing = "invalid_auth"
    sandbox.sentry.add_errors("search", 11)
    service.wait_for_row("select 1 from outbox_channel where name = 'slack' and broken_reason <> ''", timeout=60)
    sandbox.mail.wait_for(lambda mails: any("search" in str(each.message["Subject"]) for each in mails), timeout=60)
    client = redis.Redis.from_url(service.broker_url)
    client.config_set("requirepass", "another")
    client.client_kill_filter(_type="normal", skipme=True)
    service.wait_for_log("worker", "Redis is away", timeout=30)
    client.config_set("requirepass", BROKER)


def assert_nothing_leaked(
    service: Service, sandbox: Sandbox, planted: Mapping[str, str], more: Mapping[str, str] | None = None
) -> None:
    service.wait_for_good_tick(timeout=60)
    service.stop("worker", timeout=60)  # it may be in the middle of what was broken
    client = redis.Redis.from_url(service.broker_url)
    while not any(client.type(name) == b"list" for name in client.keys("*")):
        pass
    service.stop("beat")
    numbers = [str(number) for (number,) in service.rows("select id from incidents_incident")]
    messages = [str(number) for (number,) in service.rows("select id from outbox_message")]
    commands = [
        ("check",),
        ("health",),
        ("explain",),
        ("outbox", "list", "--all"),
        *(("explain", number) for number in numbers[:2]),
        *(("outbox", "show", number) for number in messages[:2]),
    ]
    shown = {" ".join(command): service.command(*command) for command in commands}
    assert all(done.stdout for done in shown.values()), shown
    places = {
        "worker log": service.log("worker"),
        "beat log": service.log("beat"),
        "database": repr(
            [service.rows(f"select * from incidents_{table}") for table in TABLES]
            + [service.rows("select * from outbox_message"), service.rows("select * from outbox_channel")]
        ),
        "database files": "".join(
            path.read_bytes().decode("latin-1") for path in service.folder.glob("alerting.sqlite3*")
        ),
        "Redis": "".join(name.decode() + client.dump(name).decode("latin-1") for name in client.keys("*")),
        "celery report": celery_report(service),
        "notices": repr([each.body for each in sandbox.slack.messages]),
        "mails": "".join(str(mail.message) for mail in sandbox.mail.messages),
        "our own errors": repr(list(sandbox.sentry.events)),
        **{command: done.stdout + done.stderr for command, done in shown.items()},
        **(more or {}),
    }
    assert all(places[name] for name in places if name != "database files"), [n for n in places if not places[n]]
    assert {"event", "transaction"} <= {each.type for each in list(sandbox.sentry.events)}
    secrets = {
        "token": sandbox.sentry.token,
        "broker": BROKER,
        "mail": MAIL,
        "heartbeat": HEARTBEAT,
        "django": DJANGO,
        **planted,
    }
    leaks = [
        f"{name} in {place}"
        for place, text in places.items()
        for name, secret in secrets.items()
        if any(form in text for form in spellings(secret))
    ]
    assert leaks == []


def spellings(secret: str) -> set[str]:
    """As it is, in a URL, and as SMTP and HTTP put it on the wire."""
    return {secret, quote(secret, safe=""), base64.b64encode(secret.encode()).decode()}


def celery_report(service: Service) -> str:
    done = subprocess.run(
        [Path(sys.executable).with_name("celery"), "-A", "worker", "report"],
        cwd=ROOT,
        env=service.environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.stdout + done.stderr
