"""The page's log: its own faults, and one line for what it refuses where somebody may have to do something about it."""

import logging

from django.db import OperationalError

from alerting import redaction

# What strangers can make it say is bounded.
MOST_SAID = 50


class WorthALine(logging.Filter):
    """Drops what Django writes of every request it refuses, and tells causes that are known without a traceback."""

    def __init__(self) -> None:
        super().__init__()
        self._said: set[str] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name == "django.request":
            return getattr(record, "status_code", 500) >= 500 and self._tell_fault(record)
        if record.name.startswith("django.security."):
            return self._tell_once(record)
        return True

    def _tell_fault(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, OperationalError):
            record.msg, record.args, record.exc_info = "the database is away: %s", (str(error).strip(),), None
        return True

    def _tell_once(self, record: logging.LogRecord) -> bool:
        said = record.getMessage().replace("to ALLOWED_HOSTS", "to DJANGO_ALLOWED_HOSTS")
        if said in self._said or len(self._said) >= MOST_SAID:
            return False
        self._said.add(said)
        record.msg, record.args, record.exc_info = "refused, and not told again: %s", (said,), None
        return True


def install(secrets: tuple[str, ...]) -> None:
    """Write warnings and worse to stderr, one line each, without secrets."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    handler.addFilter(WorthALine())
    root = logging.getLogger()
    root.addHandler(handler)
    redaction.install(root, secrets)
