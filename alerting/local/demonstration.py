"""`alerting up` without a token: what runs instead of your Sentry, and the settings that make it quick to watch."""

import json
import shlex
import sys
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from textwrap import wrap
from typing import Any

from alerting.commands.failures import CommandError
from alerting.config import Settings
from alerting.config_files import FILE_SUFFIX, is_secret
from alerting.notifiers import registry
from alerting.notifiers.base import Channel

ROOT = Path(__file__).resolve().parents[2]
# Shorter than anybody would want in earnest, so that all of it fits into two minutes.
QUICK = {
    "SENTRY_POLL_INTERVAL_SECONDS": "2",
    "SENTRY_SETTLE_SECONDS": "5",
    "SENTRY_ALERT_KEEP_FIRING_SECONDS": "2",
    "SENTRY_CRITICAL_ERROR_WINDOW_SECONDS": "60",
    "SENTRY_ERROR_RATE_WINDOW_SECONDS": "60",
    "SENTRY_P95_LATENCY_WINDOW_SECONDS": "60",
    # On a busy machine the shop is slower, and what has too few transactions to be judged does not resolve.
    "SENTRY_ERROR_RATE_MIN_TRANSACTIONS": "20",
}
# The stand-ins for Sentry, Slack and the mail server, in one process.
SANDBOX = (sys.executable, "-m", "tests.sandbox")
TITLE = "SENTRY_AUTH_TOKEN is not set, so this is a demonstration with a pretend shop. Times are UTC."
SOURCE = ("SENTRY_URL", "SENTRY_AUTH_TOKEN", "SENTRY_ORG", "SENTRY_PROJECT", "SENTRY_ALERT_ENVIRONMENTS")
WIDTH = 108
DATABASE_FILES = ("alerting.sqlite3", "alerting.sqlite3-wal", "alerting.sqlite3-shm")


def begin_afresh(folder: Path) -> None:
    """A folder of its own, without what an earlier run remembered: made-up incidents must not mix with real ones."""
    folder.mkdir(mode=0o700, exist_ok=True)
    for name in DATABASE_FILES:
        (folder / name).unlink(missing_ok=True)


def require() -> None:
    """Raise where the sandbox or the libraries it needs are not here."""
    if not (ROOT / "tests" / "sandbox").is_dir():
        raise CommandError(
            "Without SENTRY_AUTH_TOKEN this is a demonstration, which runs from a checkout only (`make run`). "
            "Set SENTRY_AUTH_TOKEN to watch your own Sentry."
        )
    for name in ("starlette", "uvicorn", "aiosmtpd"):
        if find_spec(name) is None:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def shop(environ: Mapping[str, str], dsn: str) -> tuple[tuple[str, ...], dict[str, str]]:
    """The shop, whose errors take the way everybody's do, and its environment."""
    own = {"SENTRY_DSN": dsn, "SENTRY_ENVIRONMENT": "production"}
    return (sys.executable, "-m", "alerting.local.shop"), {**without(environ, "SENTRY_DSN"), **own}


def said(line: str) -> dict[str, Any]:
    """What the stand-ins said in a line; empty where it is something else, such as a warning of a library."""
    try:
        parsed = json.loads(line)
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def environment(environ: Mapping[str, str], ready: Mapping[str, str]) -> dict[str, str]:
    """The environment of a demo run. What somebody chose stays: their speed, and any channel they have touched."""
    values = without(environ, *SOURCE)
    values |= {"SENTRY_URL": ready["url"], "SENTRY_AUTH_TOKEN": ready["token"], "SENTRY_ORG": ready["org"]}
    values |= quick(environ)
    for each in untouched(environ):
        values |= each.demonstration.environment(ready)
    return values


def quick(environ: Mapping[str, str]) -> dict[str, str]:
    """The faster settings, except where somebody chose."""
    return {name: value for name, value in QUICK.items() if not environ.get(name)}


def untouched(environ: Mapping[str, str]) -> tuple[Channel, ...]:
    """Channels nobody has configured: only those are led to the stand-ins."""
    return tuple(
        channel
        for channel in registry.CHANNELS
        if channel.demonstration.chosen
        and not any(environ.get(name) or environ.get(name + FILE_SUFFIX) for name in channel.demonstration.chosen)
    )


def without(environ: Mapping[str, str], *names: str) -> dict[str, str]:
    """The environment without these variables and their files."""
    gone = {*names, *(name + FILE_SUFFIX for name in names if is_secret(Settings.model_fields[name]))}
    return {name: value for name, value in environ.items() if name not in gone}


def introduction(environ: Mapping[str, str]) -> Iterator[str]:
    """What is about to be seen, for somebody whose own environment is `environ`."""
    yield "A small shop reports its errors to a Sentry on this machine. In some seconds its payments break: watch the"
    yield "incident begin, the notices arrive as email and in Slack, and the recovery, which takes about two minutes."
    if faster := [f"{name}={value}" for name, value in quick(environ).items()]:
        yield "To be quick to watch, it runs with shorter times than you would want in earnest:"
        yield from wrap(" ".join(faster), WIDTH, initial_indent="    ", subsequent_indent="    ")
    if chosen := [name for name in SOURCE if environ.get(name)]:
        yield f"{' and '.join(chosen)} have no effect without SENTRY_AUTH_TOKEN."
    yield "Ctrl-C stops everything."


def conclusion(data_dir: Path, page: str) -> tuple[str, ...]:
    """What to do next."""
    return (
        f"That was one incident from beginning to end; every message of it is at {page}",
        "To watch your own Sentry instead, set",
        "",
        "    export SENTRY_AUTH_TOKEN=…   # Sentry: Settings → Developer Settings → Create New Integration → Internal;",
        "                                 # read access to Organization, Project and Issue & Event",
        "    export SENTRY_ORG=…          # the slug in https://sentry.io/organizations/<slug>/",
        "    export SENTRY_SLACK_ALERTS_ENABLED=true",
        "    export SENTRY_SLACK_WEBHOOK_URL=https://hooks.slack.com/services/…",
        "",
        "and run `make run` again; `.venv/bin/alerting check` tries every part for real. deploy/env.example has all",
        "variables: email, thresholds, windows. Why this one fired, reading by reading:",
        "",
        f"    ALERTING_DATA_DIR={shlex.quote(str(data_dir))} .venv/bin/alerting explain",
        "",
        "The shop stays open. Ctrl-C stops everything.",
    )
