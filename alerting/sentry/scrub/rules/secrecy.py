"""What a name says about the value it stands for."""

from enum import IntEnum


class Secrecy(IntEnum):
    """How secret the value under a name is."""

    HARMLESS = 0
    ADDRESS = 1  # an IP address of a person
    WEAK = 2  # a text that opens something; words and small numbers under the name are no secrets
    STRONG = 3  # nothing under the name may be seen, numbers included
    VAULT = 4  # likewise, and so for everything inside, whatever its own name
