"""What an app gets that installs the distribution: the SDK package, its command, and nothing of the service."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

# One worker, so that what the whole file shares is made once.
pytestmark = pytest.mark.xdist_group("wheel")

ROOT = Path(__file__).resolve().parents[2]
EVENT = '{"exception": {"values": [{"type": "ValueError", "value": "password=hunter2hunter2"}]}}'


def built(kind: str, folder: Path) -> Path:
    """A wheel, made by the locked back end without network."""
    script = f"from hatchling.build import build_{kind}; print(build_{kind}({str(folder)!r}))"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return folder / done.stdout.split()[-1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built("wheel", tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment that holds the wheel and the sentry-sdk of this one, and nothing else."""
    import certifi
    import sentry_sdk
    import urllib3

    folder = tmp_path_factory.mktemp("app") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True, timeout=120)
    (site,) = folder.glob("lib/python*/site-packages")
    for package in (sentry_sdk, certifi, urllib3):
        (site / package.__name__).symlink_to(Path(package.__file__).parent)
    pip = (sys.executable, "-m", "pip", "--python", folder)
    subprocess.run([*pip, "install", "--no-index", "--no-deps", "--quiet", wheel], check=True, timeout=120)
    return folder / "bin" / "python"


def test_it_holds_the_sdk_package_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    foreign = [name for name in names if not name.startswith(("alerting/sentry/", "sentry_alerting-"))]
    assert foreign == ["alerting/__init__.py"]
    shipped = {ROOT / name for name in names if name.startswith("alerting/")}
    assert shipped == {*(ROOT / "alerting" / "sentry").rglob("*.py"), ROOT / "alerting" / "__init__.py"}


def test_it_brings_no_command(wheel: Path, python: Path) -> None:
    assert not [name for name in zipfile.ZipFile(wheel).namelist() if "entry_points" in name]
    assert not (python.parent / "alerting").exists()


def test_an_app_can_start_it_and_scrub_with_it(python: Path, tmp_path: Path) -> None:
    code = (
        "from alerting.sentry import ErrorTracker, init_sentry; init_sentry(); print(ErrorTracker.capture_message('x'))"
    )
    done = subprocess.run([python, "-I", "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("None\n", "")
    scrub = [python, "-I", "-m", "alerting.sentry.scrub", "-"]
    done = subprocess.run(scrub, input=EVENT, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and "hunter2" in done.stdout and "[Filtered]" in done.stdout, done.stderr


def test_the_service_is_installed_from_a_checkout_with_its_command(tmp_path: Path) -> None:
    with zipfile.ZipFile(built("editable", tmp_path)) as editable:
        (points,) = [name for name in editable.namelist() if name.endswith("entry_points.txt")]
        (path,) = [name for name in editable.namelist() if name.endswith(".pth")]
        assert "alerting = alerting.cli:main" in editable.read(points).decode()
        assert Path(editable.read(path).decode().strip()) == ROOT
    assert all((ROOT / name / "__init__.py").exists() for name in ("alerting", "worker"))
