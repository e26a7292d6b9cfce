"""What reading may cost: no text, whatever it holds, keeps its host busy."""

Cut = tuple[int, int, str]  # where a secret begins and ends in a text, and the id of the rule that found it


class OverworkedError(Exception):
    """The text or the event takes more work than it is worth: what is left of it is replaced unread."""


class Work:
    """Units of some fifty nanoseconds. Each text brings some by its length; what one does not need the next may.

    Texts of words that tell nothing cost nothing here. Reading any other costs by its length, and again for whatever
    is found: an event may hold some thirty thousand characters of such, as people's largest do, and more as it grows.
    """

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = 200_000

    def bring(self, length: int) -> None:
        """What a text of this length adds."""
        self.left = max(self.left, 0) + length

    def spend(self, units: int) -> None:
        """Take the units; raises OverworkedError where there are too few."""
        self.left -= units
        if self.left < 0:
            raise OverworkedError
