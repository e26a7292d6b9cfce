"""`alerting up` with real processes: it starts everything, tells what happens, and leaves nobody behind."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.support.service import broker

pytestmark = [pytest.mark.flow, pytest.mark.timeout(240)]
READY_SECONDS = 60.0
IS_UP = "✓ beat"


class Running:
    """One `alerting up`; everything it prints can be waited for."""

    def __init__(self, data_dir: Path, **environ: str) -> None:
        base = {"PATH": os.environ["PATH"], "HOME": str(data_dir.parent), "ALERTING_DATA_DIR": str(data_dir)}
        self.process = subprocess.Popen(
            [Path(sys.executable).with_name("alerting"), "up"],
            cwd=data_dir.parent,
            env={**base, **environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.text = ""
        self._news = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for line in self.process.stdout or ():
            with self._news:
                self.text += line
                self._news.notify_all()

    def wait_for(self, words: str, times: int = 1, timeout: float = READY_SECONDS) -> "Running":
        with self._news:
            assert self._news.wait_for(lambda: self.text.count(words) >= times, timeout), self.text
        return self

    def everybody(self) -> list[psutil.Process]:
        """All children, and theirs."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def child(self, *words: str) -> psutil.Process:
        """The direct child whose command line has these words, as soon as there is one."""
        found: list[psutil.Process] = []

        def look() -> bool:
            mine = psutil.Process(self.process.pid).children()
            found[:] = [each for each in mine if all(word in " ".join(each.cmdline()) for word in words)]
            return bool(found)

        assert wait_until(look, READY_SECONDS), self.text
        return found[0]


def wait_until(condition: Callable[[], bool], timeout: float) -> bool:
    """Poll a condition of another process, which no event of ours can announce."""
    ends = time.monotonic() + timeout
    pause = threading.Event()
    while time.monotonic() < ends:
        if condition():
            return True
        pause.wait(0.05)
    return condition()


Start = Callable[..., Running]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[Running] = []

    def make(folder: str = "data", **environ: str) -> Running:
        running = Running(tmp_path / folder, **environ)
        started.append(running)
        return running

    yield make
    for running in started:
        running.process.kill()
        running.process.wait()


# A Sentry that is away: nothing of this test depends on what it would answer.
AWAY = {"SENTRY_AUTH_TOKEN": "0" * 64, "SENTRY_ORG": "acme", "SENTRY_URL": "http://127.0.0.1:9"}


def test_a_broker_of_your_own_is_used_instead_and_left_running(start: Start) -> None:
    with broker() as server:
        running = start(**AWAY, CELERY_BROKER_URL=server.connection_url).wait_for(IS_UP)
        assert f"✓ redis     127.0.0.1:{server.port} answers" in running.text
        assert all("-server" not in each.name() for each in running.everybody())
        stops(running, signal.SIGTERM)
        assert server.is_running()


def stops(running: Running, how: signal.Signals) -> None:
    everybody = running.everybody()
    asked_at = time.monotonic()
    running.process.send_signal(how)
    assert running.process.wait(30) == 0
    assert time.monotonic() - asked_at < 15
    assert psutil.wait_procs(everybody, timeout=5)[1] == []
    running.wait_for("Everything has stopped.", timeout=5)


def test_nobody_outlives_a_kill_and_the_next_start_works_at_once(start: Start) -> None:
    running = start(**AWAY).wait_for(IS_UP)
    everybody = running.everybody()
    assert len(everybody) >= 4
    running.process.kill()
    running.process.wait()
    again = start(**AWAY)
    assert psutil.wait_procs(everybody, timeout=15)[1] == []
    again.wait_for(IS_UP)


def test_a_kill_during_the_start_leaves_nobody_either(start: Start) -> None:
    running = start(**AWAY).wait_for("✓ redis")
    everybody = running.everybody()
    running.process.kill()
    assert psutil.wait_procs(everybody, timeout=15)[1] == []


def test_the_second_one_on_the_same_data_says_who_holds_it(start: Start) -> None:
    first = start(**AWAY).wait_for("✓ redis")
    second = start(**AWAY)
    assert second.process.wait(30) == 1
    second.wait_for("Stop it first", timeout=5)
    told = (
        rf"already runs on \S+data: process {first.process.pid}, since \d{{4}}-.* UTC \(alerting up\)\. Stop it first"
    )
    assert re.search(told, second.text)
    assert first.process.poll() is None


@pytest.mark.parametrize(
    ("name", "words", "when"),
    [("worker", ("celery", "-A worker worker"), "Notices go to"), ("redis", ("-server", "127.0.0.1:"), "✓ redis")],
)
def test_a_program_that_dies_ends_the_run_with_its_last_words(
    name: str, words: tuple[str, ...], when: str, start: Start
) -> None:
    running = start(**AWAY).wait_for(when)
    everybody = running.everybody()
    running.child(*words).kill()
    assert running.process.wait(30) == 1
    running.wait_for(f"\n{name} was killed by signal 9. Its last lines (more in ", timeout=5)
    assert "Traceback" not in running.text
    assert psutil.wait_procs(everybody, timeout=10)[1] == []


def test_a_place_for_the_page_that_others_have_is_said_before_anything_starts(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        bind = f"127.0.0.1:{taken.getsockname()[1]}"
        running = start(**AWAY, ALERTING_STATUS_BIND=bind)
        assert running.process.wait(30) == 1
    running.wait_for(
        f"The page cannot listen on ALERTING_STATUS_BIND={bind}: another program listens there.", timeout=5
    )
    assert "✓" not in running.text and "Traceback" not in running.text


def test_a_broker_of_your_own_that_is_away_ends_the_start_with_what_to_do(start: Start) -> None:
    running = start(**AWAY, CELERY_BROKER_URL="redis://:topsecret@127.0.0.1:1/0")
    assert running.process.wait(READY_SECONDS) == 1
    running.wait_for("where CELERY_BROKER_URL is not set")
    assert "127.0.0.1:1 does not answer" in running.text and "✓ redis" not in running.text
    assert "topsecret" not in running.text and "Traceback" not in running.text


def test_a_sentry_that_is_away_is_said_once_no_secret_is_shown_and_asked_to_it_stops_everything(
    start: Start, tmp_path: Path
) -> None:
    running = start(**AWAY, SENTRY_POLL_INTERVAL_SECONDS="1")
    running.wait_for("the first tick was partial")
    log = tmp_path / "data" / "log" / "worker.log"
    assert wait_until(lambda: log.read_text().count("could not be read") >= 12, READY_SECONDS)
    stops(running, signal.SIGINT)
    assert running.text.count("the first tick") == 1
    assert running.text.count("cannot be reached") == 1
    logs = "".join(path.read_text() for path in log.parent.iterdir())
    (conf,) = (tmp_path / "data").glob("*/server.conf")
    for secret in (AWAY["SENTRY_AUTH_TOKEN"], *re.findall(r"requirepass (\S+)", conf.read_text())):
        assert secret not in logs + running.text


def test_without_a_token_a_newcomer_sees_an_incident_and_how_to_watch_their_own_sentry(start: Start) -> None:
    running = start().wait_for("SENTRY_AUTH_TOKEN is not set").wait_for("✓ sandbox").wait_for(IS_UP)
    running.wait_for("shop      a new release").wait_for("slack     [new] Medium · shop")
    for what in ("slack     [firing] High · shop", "email     [firing] High, shop"):
        running.wait_for(what)
    running.wait_for("critical_errors in shop: ok → firing")
    assert re.search(r"page +http://127\.0\.0\.1:\d+/", running.text), "the page's address is printed"
    running.wait_for("Incident: ")
    assert re.search(r"Incident: +http://127\.0\.0\.1:\d+/incidents/", running.text), "and notices lead to it"
    running.wait_for("critical_errors in shop: recovering → ok", timeout=150)
    running.wait_for("error_rate in shop: recovering → ok")
    for what in ("slack     [resolved] High · shop", "email     [resolved] High, shop"):
        running.wait_for(what, times=2)
    running.wait_for("export SENTRY_AUTH_TOKEN=").wait_for("alerting explain")
    assert "4111" not in running.text
    everybody = running.everybody()
    running.process.terminate()
    assert running.process.wait(30) == 0
    assert psutil.wait_procs(everybody, timeout=5)[1] == []
