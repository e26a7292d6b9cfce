"""What builds this distribution is pinned with its hashes too: nothing is fetched besides the lock file's contents."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOCK = (ROOT / "requirements.lock").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def test_every_pinned_package_has_its_hashes() -> None:
    pins = re.split(r"\n(?=\S)", LOCK.strip())
    assert len(pins) > 80
    assert [pin.split("\n")[0] for pin in pins if "--hash=sha256:" not in pin] == []


def test_the_lock_file_holds_the_build_back_end() -> None:
    wanted = [*PROJECT["build-system"]["requires"], *PROJECT["dependency-groups"]["build"]]
    names = {re.split(r"[<>=~!]", requirement)[0].strip() for requirement in wanted}
    assert names >= {"hatchling"}
    assert {name for name in names if not re.search(rf"^{name}==", LOCK, re.MULTILINE)} == set()


def test_nothing_is_installed_that_pip_fetches_for_a_build_by_itself() -> None:
    installs = [line for line in MAKEFILE.splitlines() if "pip install" in line]
    assert installs
    assert [line for line in installs if "--require-hashes" not in line and "--no-build-isolation" not in line] == []


def test_it_builds_from_what_is_installed_alone(tmp_path: Path) -> None:
    build = ("-m", "pip", "wheel", "--no-index", "--no-build-isolation", "--no-deps", "--wheel-dir", tmp_path, ROOT)
    done = subprocess.run([sys.executable, *build], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [path.suffix for path in tmp_path.iterdir()] == [".whl"]
