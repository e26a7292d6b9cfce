"""The service's database for commands of ours: made ready, named, migrated."""

import contextlib
import os
from collections.abc import Iterator

import django

from alerting import config, redaction
from alerting.commands.lock import locked

# Any constant will do, as long as every version uses the same.
MIGRATION_LOCK = 7_205_359


def ready() -> None:
    """Set Django up on the service's settings; a mistake in the environment ends the program with its message."""
    config.current()
    # Another program's may stand there.
    os.environ["DJANGO_SETTINGS_MODULE"] = "worker.settings"
    django.setup()


def name() -> str:
    """The configured database as people call it, without user and password."""
    from django.db import connection

    settings = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"SQLite file {settings['NAME']}"
    host, port = settings["HOST"] or "local socket", settings["PORT"] or "5432"
    return f"PostgreSQL {host}:{port}/{settings['NAME']}"


def reason(error: Exception) -> str:
    """What the database said, on one line and without secrets."""
    said = redaction.redact(str(error), redaction.secrets_of(config.current()))
    return " ".join(said.split()) or type(error).__name__


def migrate() -> list[str]:
    """Apply what is missing and return its names; of several that try at once, one works and the others wait."""
    from django.core.management import call_command

    from alerting.incidents import schema

    with _alone():
        missing = schema.missing()
        if missing:
            call_command("migrate", interactive=False, verbosity=0)
    return missing


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    from django.db import connection

    if connection.vendor == "sqlite":
        path = config.current().data_dir / "migrate.lock"
        with locked(path, f"Somebody else migrates {name()}", "Try again once they are done.", wait_seconds=60):
            yield
        return
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_lock(%s)", [MIGRATION_LOCK])
        try:
            yield
        finally:
            cursor.execute("select pg_advisory_unlock(%s)", [MIGRATION_LOCK])
