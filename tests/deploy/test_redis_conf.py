"""redis.conf, read by a real server: it starts, and `alerting check` is content with it."""

import shutil
import socket
import subprocess
from pathlib import Path

import redis
from redis.backoff import ConstantBackoff
from redis.retry import Retry

from alerting.commands.probes import broker
from alerting.config import load
from alerting.findings import Status
from alerting.local.redis_server import find_binary

CONF = Path(__file__).resolve().parents[2] / "deploy" / "redis.conf"


def test_a_server_takes_it_and_keeps_what_it_is_given(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    shutil.copy(CONF, tmp_path)
    server = subprocess.Popen(
        [find_binary(), tmp_path / CONF.name, "--port", str(port), "--bind", "127.0.0.1"],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
    )
    try:
        retry = Retry(ConstantBackoff(0.05), 200, supported_errors=(redis.ConnectionError,))
        with redis.Redis(port=port, retry=retry, socket_timeout=5) as client:
            client.ping()
        found = broker.probe(load({"CELERY_BROKER_URL": f"redis://127.0.0.1:{port}/0"}))
    finally:
        server.terminate()
        server.wait(20)
    assert found.status is Status.PASS
    assert "maxmemory-policy noeviction" in found.said
