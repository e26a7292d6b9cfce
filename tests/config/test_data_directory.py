"""The data directory is for its owner's eyes, whoever made it, and whatever lies in it already or is made later."""

import os
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from alerting import data_directory


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """As somebody makes it by hand, with what an older version left."""
    made = tmp_path / "data"
    for name in ("log", "sandbox/redis", "redis/appendonlydir"):
        (made / name).mkdir(parents=True)
    for name in ("secret_key", "alerting.sqlite3", "alerting.sqlite3-wal", "up.lock", "log/worker.log"):
        (made / name).write_text("x")
    (made / "sandbox" / "sandbox.json").write_text("x")
    (made / "redis" / "server.conf").write_text("x")
    return made


def open_to_others(folder: Path) -> list[str]:
    return [
        str(path.relative_to(folder.parent))
        for path in (folder, *folder.rglob("*"))
        if stat.S_IMODE(path.lstat().st_mode) & 0o077
    ]


def test_what_is_there_already_becomes_its_owners_alone(folder: Path) -> None:
    assert len(open_to_others(folder)) == 13
    data_directory.protect(folder)
    assert open_to_others(folder) == []
    assert stat.S_IMODE((folder / "secret_key").stat().st_mode) == 0o600
    assert stat.S_IMODE((folder / "log").stat().st_mode) == 0o700


def test_what_is_made_later_is_so_from_the_beginning(folder: Path) -> None:
    data_directory.protect(folder)
    (folder / "anything").write_text("x")
    (folder / "some" / "where").mkdir(parents=True)
    assert open_to_others(folder) == []


def test_a_folder_that_holds_other_things_too_stays_as_it_is_but_not_what_is_ours(folder: Path) -> None:
    (folder / "holiday.jpg").write_text("x")
    (folder / "log.d").symlink_to("/")
    data_directory.protect(folder)
    assert open_to_others(folder)[0] == "data"
    assert [name for name in open_to_others(folder)[1:] if "log.d" not in name] == ["data/holiday.jpg"]


def test_a_link_out_of_the_folder_is_not_followed(folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir(mode=0o755)
    (folder / "log" / "old").symlink_to(outside)
    data_directory.protect(folder)
    assert stat.S_IMODE(outside.stat().st_mode) == 0o755


def test_a_secret_is_made_once_and_an_empty_file_is_none(tmp_path: Path) -> None:
    path = tmp_path / "secret_key"
    path.touch()
    made = data_directory.secret(path)
    assert len(made) > 40 and data_directory.secret(path) == made
    assert [each.name for each in tmp_path.iterdir()] == ["secret_key"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_processes_that_come_at_the_same_moment_share_one_secret(tmp_path: Path) -> None:
    come = threading.Barrier(4)

    def make(number: int) -> str:
        come.wait()
        return data_directory.secret(tmp_path / f"secret_key-{number}")

    with ThreadPoolExecutor(4) as pool:
        for number in range(200):
            assert len(set(pool.map(make, [number] * 4))) == 1


@pytest.mark.parametrize("elsewhere", [False, True], ids=["in the data directory", "elsewhere"])
def test_the_services_database_and_what_sqlite_keeps_beside_it_are_too(tmp_path: Path, elsewhere: bool) -> None:
    folder, database = tmp_path / "data", tmp_path / ("other.sqlite3" if elsewhere else "data/alerting.sqlite3")
    folder.mkdir(mode=0o755)
    database.touch(mode=0o644)
    code = (
        "import django; django.setup()\n"
        "from django.db import connection\n"
        "connection.cursor().execute('create table x (y)')\n"
        "import glob, os\n"
        "print(*(oct(os.stat(name).st_mode & 0o777) for name in glob.glob(os.environ['IT'] + '*')))"
    )
    environ = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "worker.settings",
        "ALERTING_DATA_DIR": str(folder),
        "DATABASE_URL": f"sqlite:///{database}",
        "IT": str(database),
        "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
    }
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=True)
    assert done.stdout.count("0o600") == 3, done.stdout
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
