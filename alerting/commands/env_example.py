"""`alerting env-example`: every variable with its meaning, bounds and default, ready to be filled in."""

from collections.abc import Iterator
from textwrap import wrap
from typing import Any

import typer
from pydantic.fields import FieldInfo

from alerting.config import Settings
from alerting.config_files import FILE_SUFFIX, is_secret
from alerting.config_values import bounds

WIDTH = 116
# Without these there is nothing to poll; everything else has a default.
NEEDED = ("SENTRY_AUTH_TOKEN", "SENTRY_ORG")
HEADINGS = {
    "SENTRY_URL": "The Sentry to poll",
    "SENTRY_CRITICAL_ERROR_THRESHOLD": "When it is too much",
    "SENTRY_ALERT_REPEAT_SECONDS": "When people are told again, and when it is over",
    "SENTRY_EMAIL_ALERTS_ENABLED": "Email",
    "SENTRY_SLACK_ALERTS_ENABLED": "Slack: a webhook, or a bot token with a channel",
    "EMAIL_HOST": "The mail server",
    "HEARTBEAT_URL": "Who watches the watcher",
    "CELERY_BROKER_URL": "Where things are kept",
    "DJANGO_SECRET_KEY": "The status page",
    "SENTRY_DSN": "Our own errors",
}


def env_example() -> None:
    """Print an environment file that explains every variable. deploy/env.example is this output."""
    typer.echo("\n".join(lines()))


def lines() -> Iterator[str]:
    """The environment file, line by line."""
    yield "# Every variable of the alerting service; made by `alerting env-example`, so edit a copy of it."
    yield "# A variable that is left out or empty has its default. Values are taken literally: no quotes."
    yield f"# A secret can be read from a file instead: append {FILE_SUFFIX} to its name and give the file's path."
    yield "# `alerting check` shows what is in force and tries each part for real."
    for name, field in Settings.model_fields.items():
        if name in HEADINGS:
            yield from ("", f"# --- {HEADINGS[name]}")
        yield ""
        yield from (f"# {line}" for line in wrap(_meaning(name, field), WIDTH))
        yield f"{name}=" if name in NEEDED else f"#{name}={_default(field)}"


def _meaning(name: str, field: FieldInfo) -> str:
    text = f"{field.description or ''}".strip()
    parts = [text[:1].upper() + text[1:]]
    if limits := bounds(field):
        parts.append(f"({limits.removeprefix('of ')})")
    if is_secret(field):
        parts.append(f"[secret; or {name}{FILE_SUFFIX}]")
    return " ".join(parts)


def _default(field: FieldInfo) -> str:
    value: Any = field.default
    if is_secret(field):
        return value.get_secret_value() if value is not None else ""
    return shown(value)


def shown(value: Any) -> str:
    """A value as it would be written in the environment."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return ",".join(value)
    if isinstance(value, float) and value.is_integer() and abs(value) >= 1:
        return str(int(value))
    return str(value)
