"""What may appear in logs: every formatted record passes here, whatever library wrote it.

No secret, nothing that a terminal obeys or a reader does not see, and no line that poses as another record.
"""

import html
import json
import logging
import re
import unicodedata
from collections.abc import Iterable
from urllib.parse import quote, quote_plus, unquote, urlsplit

from alerting import broker_url
from alerting.config import Settings
from alerting.config_files import is_secret

MASK = "[secret]"
SHORTEST = 6
# A shorter one (/health) is no secret, and masking it would spoil other lines.
SHORTEST_PATH = 12

_UNUSUAL = re.compile(r"[^\n -~]")
_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def secrets_of(settings: Settings) -> tuple[str, ...]:
    """Every secret text in the configuration, passwords inside URLs on their own as well; longest first."""
    found: set[str] = set()
    for name, field in Settings.model_fields.items():
        if not is_secret(field) or not (value := settings.secret(name)):
            continue
        passwords = _passwords(name, value)
        whole = value if "://" not in value or name not in {"CELERY_BROKER_URL", "DATABASE_URL", "SENTRY_DSN"} else ""
        found |= {text for text in (whole, *passwords) if len(text) >= SHORTEST}
        if name in {"SENTRY_SLACK_WEBHOOK_URL", "HEARTBEAT_URL"} and len(path := urlsplit(value).path) >= SHORTEST_PATH:
            found.add(path)
    spelled = {form for text in found for form in spellings(text)}
    return tuple(sorted((text for text in spelled if len(text) >= SHORTEST), key=len, reverse=True))


def spellings(text: str) -> set[str]:
    """The text as it stands and as a URL that holds it so means it; each as URLs, JSON, reprs and HTML write it."""
    found: set[str] = set()
    for meant in {text, unquote(text)}:
        written = json.dumps(meant)[1:-1]
        found |= {meant, quote(meant, safe=""), quote_plus(meant), written, json.dumps(written)[1:-1]}
        found |= {json.dumps(meant, ensure_ascii=False)[1:-1], repr(meant)[1:-1], html.escape(meant)}
    return found


def _passwords(name: str, value: str) -> set[str]:
    """The passwords inside a URL, as they are written there and as they are meant."""
    if "://" not in value:
        return set()
    written = {urlsplit(value).password or ""}
    if name == "CELERY_BROKER_URL":
        place = broker_url.parse(value)
        written |= {place.password, place.sentinel_password}
    return written


def redact(text: str, secrets: Iterable[str]) -> str:
    """The text with every secret masked."""
    for secret in secrets:
        text = text.replace(secret, MASK)
    return text


def harmless(record: str) -> str:
    """The record with unprintable characters spelled out (`\\x1b`), and every line after its first one indented."""
    return _UNUSUAL.sub(_spelled, record).replace("\n", "\n  ")


def _spelled(match: re.Match[str]) -> str:
    char = match[0]
    return char.encode("unicode_escape").decode() if unicodedata.category(char) in _UNPRINTABLE else char


class RedactingFormatter(logging.Formatter):
    """Formats with the wrapped formatter, then masks: tracebacks and arguments are covered too."""

    def __init__(self, wrapped: logging.Formatter, secrets: tuple[str, ...]) -> None:
        super().__init__()
        self._wrapped = wrapped
        self._secrets = secrets

    def format(self, record: logging.LogRecord) -> str:
        return harmless(redact(self._wrapped.format(record), self._secrets))


def install(logger: object, secrets: tuple[str, ...]) -> None:
    """Wrap the formatter of each of the logger's handlers, once."""
    for handler in getattr(logger, "handlers", ()):
        formatter = handler.formatter or logging.Formatter()
        if not isinstance(formatter, RedactingFormatter):
            handler.setFormatter(RedactingFormatter(formatter, secrets))
