"""Programs are read, waited for and ended together; one that ends by itself ends the run with its last words."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from alerting.commands.failures import CommandError
from alerting.local.programs import Programs, StopAsked

SLEEPER = "import time; print('up', flush=True); time.sleep(600)"
STUBBORN = "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"


@pytest.fixture
def lines() -> list[tuple[str, str]]:
    return []


@pytest.fixture
def programs(tmp_path: Path, lines: list[tuple[str, str]]) -> Iterator[Programs]:
    made = Programs(tmp_path, tmp_path, lambda name, line: lines.append((name, line)))
    yield made
    made.end(grace_seconds=0)


def start(programs: Programs, name: str, code: str) -> psutil.Process:
    programs.start(name, (sys.executable, "-c", code))
    return psutil.Process(programs.running[name].pid)


def test_lines_are_told_and_kept_in_a_file(programs: Programs, lines: list[tuple[str, str]], tmp_path: Path) -> None:
    start(programs, "talker", "import time; print('one'); print('two', flush=True); time.sleep(600)")
    assert programs.wait_for("talker", "two") == "two"
    programs.end(grace_seconds=0)
    assert lines == [("talker", "one"), ("talker", "two")]
    assert (tmp_path / "talker.log").read_text() == "one\ntwo\n"


def test_a_log_that_cannot_be_written_does_not_stop_the_reading(
    programs: Programs, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "sleeper.log").mkdir()
    start(programs, "sleeper", SLEEPER)
    programs.wait_for("sleeper", "up")
    assert capfd.readouterr().err == ""


def test_bytes_that_are_no_text_do_not_stop_the_reading(programs: Programs) -> None:
    start(programs, "talker", rf"import sys; sys.stdout.buffer.write(b'\xff\xfe\n'); {SLEEPER}")
    programs.wait_for("talker", "up")


@pytest.mark.parametrize(
    ("end", "how"), [("sys.exit(7)", "ended with exit status 7"), ("os.kill(os.getpid(), 9)", "was killed by signal 9")]
)
def test_one_that_ends_by_itself_ends_the_run_with_its_last_words(end: str, how: str, programs: Programs) -> None:
    start(programs, "dier", f"import os, sys; print('because', flush=True); {end}")
    with pytest.raises(CommandError, match=rf"^dier {how}\.") as caught:
        programs.wait_for("dier", "never said")
    assert "\n    because\n" in str(caught.value)


def test_one_that_is_not_ready_in_time_is_named(programs: Programs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alerting.local.programs.READY_SECONDS", 0.0)
    start(programs, "slow", SLEEPER)
    with pytest.raises(CommandError, match=r"^slow was not ready in time\."):
        programs.wait_for("slow", "never said")


def test_ending_asks_first_and_kills_who_does_not_go(programs: Programs) -> None:
    polite = start(programs, "polite", SLEEPER)
    programs.wait_for("polite", "up")
    stubborn = start(programs, "stubborn", STUBBORN)
    programs.wait_for("stubborn", "up")
    programs.end(grace_seconds=0.3)
    assert not polite.is_running() and not stubborn.is_running()


def test_those_named_last_are_ended_last(programs: Programs, tmp_path: Path) -> None:
    note = "import signal, sys, time, pathlib; signal.signal(15, lambda *_: sys.exit(pathlib.Path('{0}').touch()));"
    for name in ("broker", "worker"):
        start(programs, name, note.format(tmp_path / name) + "print('up', flush=True); time.sleep(600)")
        programs.wait_for(name, "up")
    programs.end(last=("broker",))
    assert (tmp_path / "worker").stat().st_mtime_ns < (tmp_path / "broker").stat().st_mtime_ns


def test_the_first_signal_asks_to_stop_and_the_second_is_not_waited_for(programs: Programs) -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        programs.stop_on_signals()
        with pytest.raises(StopAsked):
            os.kill(os.getpid(), signal.SIGTERM)
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
