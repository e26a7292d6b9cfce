"""The printed environment file is complete, current, and means what the configuration means."""

from pathlib import Path

from pydantic import SecretStr

from alerting.commands import env_example
from alerting.config import Settings, load

ROOT = Path(__file__).resolve().parents[2]


def test_the_file_in_deploy_has_not_drifted() -> None:
    printed = "\n".join(env_example.lines()) + "\n"
    assert (ROOT / "deploy" / "env.example").read_text() == printed, "run `alerting env-example > deploy/env.example`"


def test_every_variable_is_there_once() -> None:
    assert sorted(assignments()) == sorted(Settings.model_fields)


def test_filling_in_the_defaults_as_printed_changes_nothing() -> None:
    printed, plain = load(assignments()), load({})
    for name in Settings.model_fields:
        mine, other = getattr(printed, name), getattr(plain, name)
        assert (mine.get_secret_value() if isinstance(mine, SecretStr) else mine) == (
            other.get_secret_value() if isinstance(other, SecretStr) else other
        )


def test_only_what_is_needed_asks_to_be_filled_in() -> None:
    asked = [line.rstrip("=") for line in env_example.lines() if line and not line.startswith("#")]
    assert tuple(asked) == env_example.NEEDED


def test_headings_belong_to_variables_that_exist() -> None:
    assert set(env_example.HEADINGS) <= set(Settings.model_fields)


def assignments() -> dict[str, str]:
    lines = [line.removeprefix("#") for line in env_example.lines() if not line.startswith("# ") and "=" in line]
    return dict(line.split("=", 1) for line in lines)
