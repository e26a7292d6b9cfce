"""The command line: plain messages, exit statuses, and never a traceback for what people can mend."""

import importlib.metadata
import os
import stat
import subprocess
import sys
from pathlib import Path

import click
import pytest
import typer

from alerting.cli import COMMANDS, _application
from tests.commands.conftest import Run
from tests.support import postgres

MISTAKES = {
    "SENTRY_POLL_INTERVAL_SECONDS": "0",
    "SENTRY_ERROR_RATE_THRESHOLD": "1%",
    "SENTRY_URL": "http://sentry.example.com",
    "SENTRY_EMAIL_ALERTS_ENABLED": "perhaps",
    "EMAIL_PORT": "smtp",
    "SENTRY_AUTH_TOKEN": "sntrys_topsecret",
}


@pytest.mark.parametrize("command", [("check",), ("migrate",), ("up",), ("explain",), ("outbox", "list")])
def test_six_mistakes_end_every_command_with_one_message_and_status_2(command: tuple[str, ...], run: Run) -> None:
    done = run(*command, **MISTAKES)
    assert done.returncode == 2
    assert done.stderr.startswith("6 mistakes in the configuration:")
    assert all(f"  - {name}:" in done.stderr for name in MISTAKES)
    assert "topsecret" not in done.stdout + done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["worker", "beat"])
def test_celery_itself_ends_the_same_way(command: str, tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-m", "celery", "-A", "worker", command],
        cwd=root,
        env={"PATH": os.environ["PATH"], "ALERTING_DATA_DIR": str(tmp_path), **MISTAKES},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert "6 mistakes in the configuration:" in done.stderr
    assert "topsecret" not in done.stdout + done.stderr and "Traceback" not in done.stderr


def test_help_names_every_command(run: Run) -> None:
    done = run("--help")
    assert done.returncode == 0
    assert all(
        name in done.stdout for name in ("up", "check", "migrate", "explain", "outbox", "env-example", "version")
    )


def test_help_is_a_tour_in_whole_sentences_of_eighty_columns(run: Run) -> None:
    said = run("--help", COLUMNS="80").stdout
    assert "..." not in said.replace("COMMAND [ARGS]...", "") and "\x1b" not in said
    tour = said.partition("First:")[2]
    for command in ("up", "check", "incidents", "show 7", "explain 7", "ack 7", "silence add", "maintenance add"):
        assert command in tour, command
    for command in ("rules", "outbox list", "preview", "send-test"):
        assert command in tour, command
    assert max(len(line) for line in said.splitlines()) <= 80


@pytest.mark.parametrize("group", ["", "silence", "maintenance", "outbox"])
def test_no_sentence_in_a_list_of_commands_is_cut(group: str, run: Run) -> None:
    said = run(*group.split(), "--help", COLUMNS="80").stdout.partition("Commands:")[2]
    assert said and "..." not in said


def test_commands_are_listed_in_the_order_of_a_day(run: Run) -> None:
    said = run("--help").stdout.partition("Commands:")[2].partition("First:")[0]
    assert [line.split()[0] for line in said.splitlines() if line.strip()] == list(COMMANDS)


def every_command() -> dict[str, click.Command]:
    """Every command by the words it is called with."""
    found: dict[str, click.Command] = {}

    def collect(command: click.Command, name: str) -> None:
        for word, each in getattr(command, "commands", {}).items():
            collect(each, f"{name} {word}".strip())
        if not hasattr(command, "commands"):
            found[name] = command

    collect(typer.main.get_command(_application("")), "")
    return found


@pytest.mark.parametrize("name", every_command())
def test_every_commands_help_fits_into_eighty_columns(name: str) -> None:
    said = every_command()[name].get_help(click.Context(every_command()[name], info_name=name, terminal_width=80))
    assert max(len(line) for line in said.splitlines()) <= 80


def test_every_listing_has_json() -> None:
    with_json = {name for name, each in every_command().items() if "as_json" in {one.name for one in each.params}}
    assert with_json == {
        *("incidents", "show", "explain", "rules", "check", "outbox list", "outbox show"),
        *("silence list", "maintenance list", "audit"),
    }


def test_the_shell_completes_commands_and_their_options(run: Run) -> None:
    asked = {"_ALERTING_COMPLETE": "complete_bash", "COMP_CWORD": "1"}
    assert run(COMP_WORDS="alerting inc", **asked).stdout.split() == ["incidents"]
    assert "outbox" in run(COMP_WORDS="alerting ", **asked).stdout.split()
    option = run(COMP_WORDS="alerting incidents --js", **{**asked, "COMP_CWORD": "2"})
    assert option.stdout.split() == ["--json"]


def test_version_is_the_installed_one(run: Run) -> None:
    assert run("version").stdout.split() == ["sentry-alerting", importlib.metadata.version("sentry-alerting")]


def test_a_missing_part_is_named_with_the_command_that_brings_it(tmp_path: Path) -> None:
    (tmp_path / "typer.py").write_text("raise ModuleNotFoundError(\"No module named 'typer'\", name='typer')")
    done = subprocess.run(
        [sys.executable, "-c", "from alerting.cli import main; main()"],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert 'pip install "sentry-alerting[service]"' in done.stderr and "Traceback" not in done.stderr


def test_a_demonstration_without_its_libraries_says_how_to_get_them(tmp_path: Path) -> None:
    hide = "import sys; sys.modules['aiosmtpd'] = None; sys.argv = ['alerting', 'up']"
    done = subprocess.run(
        [sys.executable, "-c", f"{hide}; from alerting.cli import main; main()"],
        env={"PATH": os.environ["PATH"], "ALERTING_DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert 'pip install "sentry-alerting[sandbox]"' in done.stderr and "Traceback" not in done.stderr


def test_migrate_makes_a_private_folder_and_may_be_repeated(run: Run, tmp_path: Path) -> None:
    first, again = run("migrate"), run("migrate")
    assert (first.returncode, again.returncode) == (0, 0)
    assert "applied incidents.0001_initial" in first.stdout and "applied" not in again.stdout
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700
    assert f"SQLite file {tmp_path}/data/alerting.sqlite3 is up to date." in again.stdout


def test_several_that_migrate_at_once_do_not_trip_over_each_other(tmp_path: Path) -> None:
    environ = {"PATH": os.environ["PATH"], "ALERTING_DATA_DIR": str(tmp_path)}
    program = Path(sys.executable).with_name("alerting")
    running = [subprocess.Popen([program, "migrate"], env=environ, stderr=subprocess.PIPE) for _ in range(3)]
    assert [(process.wait(60), process.communicate()[1]) for process in running] == [(0, b"")] * 3


def test_a_database_that_is_away_is_named_without_its_password(run: Run) -> None:
    done = run("migrate", DATABASE_URL="postgres://alerting:topsecret@127.0.0.1:1/alerting")
    assert done.returncode == 1
    assert "PostgreSQL 127.0.0.1:1/alerting cannot be used" in done.stderr and "DATABASE_URL" in done.stderr
    assert "topsecret" not in done.stderr and "Traceback" not in done.stderr


@pytest.mark.postgres
@pytest.mark.skipif(postgres.binaries() is None, reason=postgres.MISSING)
def test_migrate_prepares_postgresql(run: Run) -> None:
    with postgres.server() as url:
        first, again = run("migrate", DATABASE_URL=url), run("migrate", DATABASE_URL=url)
    assert (first.returncode, again.returncode) == (0, 0), first.stderr + again.stderr
    assert "applied outbox.0001_initial" in first.stdout and "applied" not in again.stdout


def test_a_database_that_is_not_migrated_is_said_in_one_line(run: Run) -> None:
    done = run("outbox", "list")
    assert done.returncode == 1
    assert "run `alerting migrate` first" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_data_directory_that_cannot_be_made_is_named(run: Run) -> None:
    done = run("migrate", ALERTING_DATA_DIR="/proc/alerting")
    assert done.returncode == 1 and "ALERTING_DATA_DIR" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["up", "migrate", "check", "explain", "health"])
def test_a_data_directory_that_is_no_directory_is_named(command: str, run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = run(command, ALERTING_DATA_DIR=str(tmp_path / "file"))
    assert done.returncode in {1, 2} and "Traceback" not in done.stderr
    assert f"{tmp_path / 'file'}: " in done.stderr and "ALERTING_DATA_DIR" in done.stderr


def test_a_terminal_without_our_characters_ends_no_command(run: Run) -> None:
    done = run("check", CELERY_BROKER_URL="redis://127.0.0.1:1/0", PYTHONIOENCODING="ascii")
    assert done.returncode == 1 and done.stderr == ""
    assert "Failed: Database, Redis." in done.stdout and "? fail" in done.stdout


def test_check_fails_for_redis_away_and_an_unmigrated_database_with_advice(run: Run) -> None:
    done = run("check", CELERY_BROKER_URL="redis://:topsecret@127.0.0.1:1/0", SENTRY_AUTHTOKEN="topsecret")
    assert done.returncode == 1 and done.stderr == ""
    assert "127.0.0.1:1 does not answer" in done.stdout
    assert "does not exist yet" in done.stdout and "Run `alerting migrate`." in done.stdout
    assert "SENTRY_AUTHTOKEN is not read: did you mean SENTRY_AUTH_TOKEN?" in done.stdout
    assert "Failed: Database, Redis." in done.stdout
    assert "topsecret" not in done.stdout


def test_send_test_says_which_channels_there_are(run: Run) -> None:
    assert "No channel is enabled" in run("send-test").stderr
    on = {
        "SENTRY_SLACK_ALERTS_ENABLED": "true",
        "SENTRY_SLACK_WEBHOOK_URL": "http://127.0.0.1:9/services/T0/B0/x",
    }
    wrong = run("send-test", "--channel", "pager", **on)
    assert wrong.returncode == 1 and wrong.stderr == "There is no channel pager here: enabled are slack.\n"
    refused = run("send-test", "--channel", "slack", **on)
    assert refused.returncode == 1 and "slack  firing" in refused.stdout and "refused" in refused.stdout
