"""Django made ready for a command of ours."""

import os

import django


def ready() -> None:
    """Set Django up on the service's settings; a mistake in the environment ends the program with its message."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "worker.settings")
    django.setup()
