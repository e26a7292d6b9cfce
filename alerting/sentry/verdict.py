"""What a name says about the value it stands for."""

from enum import IntEnum


class Verdict(IntEnum):
    """What a name says about the value it stands for."""

    VERSION = -1
    """A version number, which may look like an address."""
    HARMLESS = 0
    ADDRESS = 1
    """An IP address of a person."""
    TOKEN = 2
    """A text that opens something; a small number under the name is a count or an id."""
    SECRET = 3
    """Nothing under the name may be seen, numbers included."""
    VAULT = 4
    """Likewise, and so for everything inside, whatever its own name."""
