"""Variables that are meant for other programs, and that Celery, Django or their command line would obey here."""

import os
from pathlib import Path

from alerting.config import Settings
from alerting.config_files import FILE_SUFFIX

BROKER = "CELERY_BROKER_URL"
# Celery's own notes to its pool's processes.
NOTES = "CELERY_LOG_"


def keep_ours() -> None:
    """Take what is not ours out of this process's environment, before Celery reads it.

    Celery takes whole groups of options from CELERY_…: a result backend, another configuration module, a pool, queues.
    """
    os.environ["DJANGO_SETTINGS_MODULE"] = "worker.settings"
    if "BROKER_URL" in os.environ:
        _restore_broker()
    for name in list(os.environ):
        is_ours = name.removesuffix(FILE_SUFFIX) in Settings.model_fields
        if name.startswith("CELERY_") and not is_ours and not name.startswith(NOTES):
            del os.environ[name]
    # Celery would let Django check its URLs at a worker's start: half of that start, for a page no worker serves.
    os.environ["CELERY_SKIP_CHECKS"] = "true"


def _restore_broker() -> None:
    """Undo what `celery` does with another program's BROKER_URL (on Linux): it puts it in the place of ours."""
    at_start = Path("/proc/self/environ")
    if not at_start.exists():
        return
    variables = dict(entry.partition(b"=")[::2] for entry in at_start.read_bytes().split(b"\0"))
    os.environ[BROKER] = os.fsdecode(variables.get(BROKER.encode(), b""))
