"""`alerting up` without a token: the local stand-ins, a shop that breaks, and a clock that makes it quick to watch."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from alerting.config import FILE_SUFFIX, Settings, is_secret
from alerting.ops.processes import Program

# Shorter than anybody would want in earnest, so that the whole story fits into two minutes.
QUICK = {
    "SENTRY_POLL_INTERVAL_SECONDS": "2",
    "SENTRY_SETTLE_SECONDS": "5",
    "SENTRY_ALERT_KEEP_FIRING_SECONDS": "5",
    "SENTRY_CRITICAL_ERROR_WINDOW_SECONDS": "60",
    "SENTRY_ERROR_RATE_WINDOW_SECONDS": "60",
    "SENTRY_P95_LATENCY_WINDOW_SECONDS": "60",
}
DATABASE_FILES = ("alerting.sqlite3", "alerting.sqlite3-wal", "alerting.sqlite3-shm")
CHANNELS = {
    "email": ("SENTRY_EMAIL_ALERTS_ENABLED", "SENTRY_ALERT_EMAIL_RECIPIENTS", "EMAIL_HOST", "EMAIL_PORT"),
    "slack": ("SENTRY_SLACK_ALERTS_ENABLED", "SENTRY_SLACK_WEBHOOK_URL", "SENTRY_SLACK_BOT_TOKEN"),
}


def prepare(folder: Path) -> None:
    """A folder of its own for the demo's data, begun afresh each time: what it makes up must not mix with the truth."""
    folder.mkdir(mode=0o700, exist_ok=True)
    for name in DATABASE_FILES:
        (folder / name).unlink(missing_ok=True)


def program(env: Mapping[str, str], root: Path) -> Program:
    """The stand-ins for Sentry, Slack and the mail server, in one process."""
    return Program("sandbox", (sys.executable, "-m", "alerting.sandbox"), env, root)


def shop(env: Mapping[str, str], dsn: str, root: Path) -> Program:
    """The shop, whose errors reach the sandbox through our own SDK side."""
    return Program("shop", (sys.executable, "-m", "alerting.sandbox.shop"), {**env, "SENTRY_DSN": dsn}, root)


def announced(line: str) -> dict[str, Any] | None:
    """The sandbox's first line, which says where everything is; None for any other line."""
    try:
        said = json.loads(line)
    except ValueError:
        return None
    return said if isinstance(said, dict) and "sentry" in said else None


def quick(environ: Mapping[str, str]) -> dict[str, str]:
    """The faster settings, except where somebody chose for themselves."""
    return {name: value for name, value in QUICK.items() if not environ.get(name)}


def untouched(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Channels nobody has configured: only those are led to the stand-ins."""
    return tuple(
        channel
        for channel, names in CHANNELS.items()
        if not any(environ.get(name) or environ.get(name + FILE_SUFFIX) for name in names)
    )


def without(environ: Mapping[str, str], *names: str) -> dict[str, str]:
    """The environment without these variables and their files."""
    secret = [name + FILE_SUFFIX for name in names if is_secret(Settings.model_fields[name])]
    return {name: value for name, value in environ.items() if name not in names and name not in secret}
