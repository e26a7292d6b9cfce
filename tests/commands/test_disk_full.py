"""A disk that takes no more is one clear line, and leaves nothing half written behind."""

import subprocess
import sys
from pathlib import Path

import pytest

ALERTING = Path(sys.executable).with_name("alerting")


@pytest.mark.parametrize(
    ("blocks", "said"),
    [(0, "secret_key: File too large; ALERTING_DATA_DIR says where"), (40, "Make room on that disk")],
)
def test_migrate_says_so_and_can_be_repeated(tmp_path: Path, blocks: int, said: str) -> None:
    # Files of so many blocks at most: the kernel refuses the rest of them as it does where a disk is full.
    environ = {"PATH": "/usr/bin:/bin", "ALERTING_DATA_DIR": str(tmp_path / "data")}
    limited = ["/bin/sh", "-c", f"ulimit -S -f {blocks}; exec {ALERTING} migrate"]
    done = subprocess.run(limited, cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=120)
    assert done.returncode in {1, 2} and said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    again = subprocess.run(
        [ALERTING, "migrate"], cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=120
    )
    assert again.returncode == 0 and "is up to date" in again.stdout
