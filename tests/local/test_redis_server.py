"""The server of `alerting up`: where it keeps its data, and how other commands find it."""

import subprocess
from pathlib import Path

import pytest

from alerting import parent_death, redis_client
from alerting.commands.probes import broker
from alerting.config import load
from alerting.findings import Status
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
    assert redis_client.of_up(data_dir) == ""
    process = parent_death.start(server.argv, stdout=subprocess.DEVNULL)
    try:
        redis_server.wait_until_ready(server, lambda: process.poll() is None)
        found = broker.probe(load({"ALERTING_DATA_DIR": str(data_dir)}))
        assert redis_client.of_up(data_dir) == server.url
    finally:
        parent_death.kill(process)
        process.wait()
    assert found.status is Status.PASS, found
    assert found.said.startswith(f"the server of `alerting up` at 127.0.0.1:{server.port} answers")


def test_a_file_of_nonsense_is_no_server(data_dir: Path) -> None:
    (data_dir / redis_client.URL_OF_UP).write_text("port\n")
    assert redis_client.of_up(data_dir) == ""


def test_the_password_is_for_its_owner_only(data_dir: Path) -> None:
    redis_server.prepare(data_dir)
    modes = {path.stat().st_mode & 0o077 for path in data_dir.rglob("*") if path.is_file()}
    assert modes == {0}
