"""A checkout of its own in which a test does what CONTRIBUTING asks of a contributor."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COMMAND = "from alerting.cli import main; main()"


class Checkout:
    """A copy of the service in `folder`, which programs started here run instead of ours."""

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        self.folder = folder
        self.data = folder / "var"
        for name in ("alerting", "worker"):
            # With what is compiled already, which holds for every file that is not changed afterwards.
            shutil.copytree(ROOT / name, folder / name)
        self._environ = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}",
            "DJANGO_SETTINGS_MODULE": "worker.settings",
            "ALERTING_DATA_DIR": str(self.data),
            **environ,
        }

    def write(self, path: str, text: str) -> None:
        """A file of the contributor's, with the folders above it."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def insert(self, path: str, before: str, line: str) -> None:
        """A line of the contributor's before the one line that begins like this."""
        file = self.folder / path
        text = file.read_text()
        assert text.count(f"\n{before}") == 1, before
        file.write_text(text.replace(f"\n{before}", f"\n{line}\n{before}"))

    def alerting(self, *arguments: str) -> str:
        """What the command prints, whatever its exit status."""
        return self._run("-c", COMMAND, *arguments).stdout

    def python(self, program: str) -> str:
        """What a program prints, which must not fail."""
        done = self._run("-c", program)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        argv = (sys.executable, *arguments)
        return subprocess.run(
            argv, cwd=self.folder, env=self._environ, capture_output=True, text=True, timeout=120, check=False
        )
