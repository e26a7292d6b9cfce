"""`.ci/run` ends in `make test`, whether or not it may install anything, and reads nothing from anybody."""

import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / ".ci" / "run"


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A machine on which nothing is installed and nothing can be."""
    (tmp_path / ".ci").mkdir()
    (tmp_path / "bin").mkdir()
    (tmp_path / ".ci" / "run").write_text(SCRIPT.read_text())
    programs = {
        "make": 'echo "make $*"; exit 3',
        "apt-get": "exit 100",
        "dpkg-query": "exit 1",
        "sudo": "exit 1",
        "id": "echo ${FAKE_UID:-0}",
    }
    for name, body in programs.items():
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{body}\n")
        (tmp_path / "bin" / name).chmod(0o755)
    return tmp_path


def call(machine: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/bash", machine / ".ci" / "run"],
        env={"PATH": f"{machine / 'bin'}:/usr/bin:/bin", **environ},
        cwd="/",
        capture_output=True,
        text=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
    )


@pytest.mark.parametrize("uid", ["0", "1000"])
def test_packages_that_cannot_be_installed_do_not_stop_the_tests(uid: str, machine: Path) -> None:
    done = call(machine, FAKE_UID=uid)
    assert (done.returncode, done.stdout) == (3, "make test\n")
    assert "tests that need what is missing are skipped" in done.stderr


def test_where_everything_is_there_nothing_is_installed(machine: Path) -> None:
    (machine / "bin" / "dpkg-query").write_text("#!/bin/sh\necho 'install ok installed'\n")
    done = call(machine)
    assert (done.returncode, done.stdout, done.stderr) == (3, "make test\n", "")


def test_it_is_executable() -> None:
    assert SCRIPT.stat().st_mode & 0o111
