"""The Dockerfile: what it copies exists, what it runs as is nobody, and what it installs is pinned."""

import re
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "deploy" / "Dockerfile").read_text().replace("\\\n", " ")
LINES = [line.split(maxsplit=1) for line in TEXT.splitlines() if line.strip() and not line.startswith("#")]
IGNORED = (ROOT / "deploy" / "Dockerfile.dockerignore").read_text().splitlines()


def arguments(instruction: str) -> list[str]:
    return [rest for word, rest in LINES if word == instruction]


def copied() -> list[str]:
    sources: list[str] = []
    for rest in arguments("COPY"):
        if "--from" not in rest:
            sources += rest.split()[:-1]
    return sources


def test_every_source_that_is_copied_exists_and_is_not_ignored() -> None:
    assert copied()
    taken = [line[1:] for line in IGNORED if line.startswith("!")]
    for source in copied():
        assert (ROOT / source).exists()
        assert source in taken
    assert IGNORED[0] == "*"


def test_nothing_private_can_slip_into_the_image() -> None:
    taken = {line[1:] for line in IGNORED if line.startswith("!")}
    assert not any(fnmatch(private, name) for private in ("var", ".git", ".venv", "deploy", "tests") for name in taken)


def test_the_last_stage_runs_as_nobody_special() -> None:
    last = TEXT.rsplit("\nFROM ", 1)[1]
    (user,) = re.findall(r"^USER (\S+)$", last, re.MULTILINE)
    assert user.split(":")[0].isdigit() and int(user.split(":")[0]) >= 10_000


def test_both_stages_start_from_a_slim_image_of_the_same_python() -> None:
    assert {rest.split()[0] for rest in arguments("FROM")} == {"python:3.11-slim"}


def test_what_is_installed_comes_from_the_lock_file_with_its_hashes() -> None:
    runs = " ".join(arguments("RUN"))
    assert "--require-hashes --requirement requirements.lock" in runs
    installs = re.findall(r"pip install .*?(?=&&|$)", runs)
    assert len(installs) == 2 and all("--no-index --find-links /wheels" in install for install in installs)


def test_health_means_that_ticks_are_evaluated() -> None:
    (health,) = arguments("HEALTHCHECK")
    assert health.endswith('CMD ["alerting", "health"]')
