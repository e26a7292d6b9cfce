"""The server of `alerting up`: where it keeps its data, and how other commands find it."""

import subprocess
from pathlib import Path

import pytest

from alerting.commands.findings import Status
from alerting.commands.probes import broker
from alerting.config import load
from alerting.local import redis_server


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A folder whose name would end the word in the server's configuration."""
    folder = tmp_path / 'it\'s "my" data\\dir'
    folder.mkdir()
    return folder


def test_it_starts_in_a_folder_of_any_name_and_check_finds_it_where_no_broker_is_set(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CELERY_BROKER_URL", raising=False)
    server = redis_server.prepare(data_dir)
    assert redis_server.running(data_dir) == ""
    with subprocess.Popen(server.argv, stdout=subprocess.DEVNULL) as process:
        try:
            redis_server.wait_until_ready(server, lambda: process.poll() is None)
            found = broker.probe(load({"ALERTING_DATA_DIR": str(data_dir)}))
            assert redis_server.running(data_dir) == server.url
        finally:
            process.kill()
    assert found.status is Status.PASS, found
    assert found.said.startswith(f"the server of `alerting up` at 127.0.0.1:{server.port} answers")


def test_a_configuration_file_of_nonsense_is_no_server(data_dir: Path) -> None:
    (data_dir / "redis").mkdir()
    (data_dir / "redis" / "server.conf").write_text("port\n")
    assert redis_server.running(data_dir) == ""
