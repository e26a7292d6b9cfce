"""In an environment with variables that other programs are meant to read."""

import pytest

from tests.flow.conftest import MakeService
from tests.sandbox import Sandbox

pytestmark = [pytest.mark.faults]
FOREIGN = {
    "DJANGO_SETTINGS_MODULE": "shop.settings",
    "CELERY_RESULT_BACKEND": "django-db",
    "CELERY_CACHE_BACKEND": "django-cache",
    "CELERY_CONFIG_MODULE": "shop.celeryconfig",
    "CELERY_LOADER": "shop.loader:Loader",
    "CELERY_BROKER_READ_URL": "amqp://shop",
    "CELERY_BROKER_WRITE_URL": "amqp://shop",
    "CELERY_WORKER_POOL": "shop.pool:Pool",
    "CELERY_WORKER_QUEUES": "shop",
    "CELERY_BEAT_SCHEDULER": "django_celery_beat.schedulers:DatabaseScheduler",
    "CELERY_CUSTOM_WORKER_POOL": "shop.pool:Pool",
    "BROKER_URL": "amqp://shop",
    "RESULT_BACKEND": "django-db",
    "LOADER": "shop.loader:Loader",
    "CONFIG_MODULE": "shop.celeryconfig",
    "SENTRY_RELEASE": "shop@1",
    "SENTRY_SPOTLIGHT": "http://127.0.0.1:9",
    "HTTPS_PROXY": "socks4://shop-proxy",
    "ALL_PROXY": "nonsense://",
    "HTTP_PROXY": "http://127.0.0.1:9",
    "NO_PROXY": "localhost,[::1],10.0.0.0/8,*.internal",
    "SSL_CERT_FILE": "/nowhere/ca.pem",
}


@pytest.fixture(params=["sqlite"])
def database_url() -> str:
    """The database takes no part in these."""
    return ""


def test_the_service_runs_beside_what_is_meant_for_others(make_service: MakeService, sandbox: Sandbox) -> None:
    heard = "/beat/switch"
    service = make_service(**FOREIGN, HEARTBEAT_URL=f"{sandbox.slack.address}{heard}").up()
    service.wait_for_good_tick()
    sandbox.slack.requests.wait_for(lambda requests: any(each.path == heard for each in requests), 20)
    logs = service.log("worker") + service.log("beat")
    assert "Traceback" not in logs
    # The sandbox's Slack takes the call, and answers that it has no such page.
    service.overrides = FOREIGN
    checked = service.command("check")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "SSL_CERT_FILE" in checked.stdout
