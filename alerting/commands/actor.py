"""Who acts when a command does: the operating system's user."""

import getpass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alerting.actions.perform import Actor


def me() -> "Actor":
    """The actor of this command, for the audit."""
    from alerting.actions.perform import Actor

    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = "unknown user"
    return Actor(name, "cli")
