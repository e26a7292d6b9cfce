"""What a command says when it cannot go on."""

import errno
import sys
from pathlib import Path

from alerting import config
from alerting.errors import AlertingError

# What the system says of a place that cannot hold our data.
NOT_OURS = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.EEXIST, errno.ENOTDIR, errno.ENOENT, errno.ENOSPC})


class CommandError(AlertingError):
    """A command cannot go on. The message says why and what to do next, and holds no secret."""


def explain(error: Exception) -> str | None:
    """The message for an error that people can mend; None for a defect of ours, which deserves its traceback."""
    if isinstance(error, AlertingError):
        return str(error)
    if "django" in sys.modules and (message := _database(error)):
        return message
    if isinstance(error, OSError) and error.filename and error.strerror:
        is_ours = error.errno in NOT_OURS and _is_data_directory(Path(error.filename))
        hint = "; ALERTING_DATA_DIR says where we write" if is_ours else ""
        return f"{error.filename}: {error.strerror}{hint}"
    return None


def _is_data_directory(path: Path) -> bool:
    """Whether the path is in the data directory, or on the way to it."""
    ours = config.current().data_dir.absolute()
    return path.absolute().is_relative_to(ours) or ours.is_relative_to(path.absolute())


def _database(error: Exception) -> str | None:
    from django.db import DatabaseError, OperationalError, ProgrammingError

    if not isinstance(error, DatabaseError):
        return None
    from alerting.commands import database, database_refusals

    text = database.reason(error)
    if isinstance(error, ProgrammingError) or "no such table" in text:
        return f"The database is not migrated ({text}): run `alerting migrate` first."
    if isinstance(error, OperationalError):
        why, step = database_refusals.explain(text)
        return f"{database.name()} cannot be used: {why}. {step}"
    return None
