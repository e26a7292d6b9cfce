"""The units: accepted by systemd itself, hardened alike, and reading nothing the service does not know."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from alerting.config import Settings
from alerting.config_files import FILE_SUFFIX, is_secret

UNITS = sorted((Path(__file__).resolve().parents[2] / "deploy" / "systemd").glob("*.service"))
INSTALLED_IN = "/opt/sentry-alerting"
# systemd-analyze's exposure from 0 (none) to 10; these units score 1.3.
MOST_EXPOSED = 20
needs_systemd = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")


def settings(unit: Path, key: str) -> list[str]:
    return re.findall(rf"^{key}=(.*)$", unit.read_text(), re.MULTILINE)


def test_there_are_four() -> None:
    assert [unit.stem.removeprefix("sentry-alerting-") for unit in UNITS] == ["beat", "migrate", "page", "worker"]


@needs_systemd
def test_systemd_finds_no_fault_with_them(tmp_path: Path) -> None:
    for unit in UNITS:
        text = unit.read_text().replace(f"{INSTALLED_IN}/.venv/bin", str(Path(sys.executable).parent))
        (tmp_path / unit.name).write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *(tmp_path / unit.name for unit in UNITS)],
        capture_output=True,
        text=True,
    )
    about_us = [line for line in done.stderr.splitlines() if "sentry-alerting" in line]
    assert about_us == []


@needs_systemd
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_they_are_exposed_to_little(unit: Path) -> None:
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", f"--threshold={MOST_EXPOSED}", unit],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-400:] + done.stderr


def test_all_are_hardened_in_the_same_words() -> None:
    assert len({unit.read_text().split("DynamicUser=")[1].split("[Install]")[0].strip() for unit in UNITS}) == 1


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_every_variable_is_one_the_service_reads(unit: Path) -> None:
    secret = {name + FILE_SUFFIX for name, field in Settings.model_fields.items() if is_secret(field)}
    names = {word.split("=")[0] for line in settings(unit, "Environment") for word in line.split()}
    assert {name for name in names if not name.startswith("PYTHON")} <= set(Settings.model_fields) | secret


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_every_secret_file_is_a_credential_that_is_loaded(unit: Path) -> None:
    loaded = {line.split(":")[0] for line in settings(unit, "LoadCredential")}
    read = set(re.findall(r"_FILE=%d/(\w+)", unit.read_text()))
    assert read == loaded != set()


@pytest.mark.parametrize("unit", [unit for unit in UNITS if "migrate" not in unit.name], ids=lambda unit: unit.stem)
def test_worker_and_beat_start_after_the_migration_and_not_again_after_a_mistake(unit: Path) -> None:
    assert settings(unit, "Requires") == ["sentry-alerting-migrate.service"]
    assert "sentry-alerting-migrate.service" in settings(unit, "After")[0]
    assert settings(unit, "RestartPreventExitStatus") == ["2"]
    assert settings(unit, "KillMode") == ["mixed"]
