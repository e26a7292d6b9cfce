"""A small test run of its own, under the same plugins, for tests about test runs."""

import contextlib
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil

from tests.support.service import ROOT, wait_until


@contextlib.contextmanager
def small_run(folder: Path, body: str, *options: str, with_make: bool = False) -> Iterator[subprocess.Popen[str]]:
    """pytest, or make that runs pytest, on a file with this body. Its tests find `folder` in FOLDER."""
    (folder / "test_small.py").write_text(body)
    pytest = [
        sys.executable,
        "-m",
        "pytest",
        "-c",
        ROOT / "pyproject.toml",
        "--rootdir",
        folder,
        "-p",
        "no:cacheprovider",
        "-p",
        "no:hypothesispytest",
    ]
    command = shlex.join(str(each) for each in (*pytest, *options, folder / "test_small.py"))
    (folder / "Makefile").write_text(f"test:\n\t@{command}\n")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "TEST_RUN"))}
    with subprocess.Popen(
        ["make", "-f", folder / "Makefile"] if with_make else shlex.split(command),
        cwd=ROOT,
        env={**inherited, "FOLDER": str(folder)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as running:
        try:
            yield running
        finally:
            running.kill()


def everything(run: subprocess.Popen[str], folder: Path, timeout: float = 60.0) -> list[psutil.Process]:
    """The run's processes from the top down, once its test has written the file `ready`."""
    top = psutil.Process(run.pid)
    assert wait_until((folder / "ready").exists, timeout), run.stdout and os.read(run.stdout.fileno(), 65536)
    return [top, *top.children(recursive=True)]
