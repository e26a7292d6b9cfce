"""What reading may cost: no text, whatever it holds, keeps its host busy."""

from typing import Any

Cut = tuple[int, int, str]  # where a secret begins and ends in a text, and the id of the rule that found it
MOST = 300_000
# Texts, names and words without a secret: most of an event's were read before.
REMEMBERED, LONGEST_REMEMBERED = 16_384, 512


class OverworkedError(Exception):
    """The text or the event takes more work than it is worth: what is left of it is replaced unread."""


class Work:
    """What one event may take, in units of some fifty nanoseconds; its form is counted apart and stays."""

    left = MOST

    def spend(self, units: int) -> None:
        """Take the units; raises OverworkedError where there are too few."""
        self.left -= units
        if self.left < 0:
            raise OverworkedError


def remember(known: dict[str, Any], text: str, verdict: Any) -> None:
    """Keep the verdict on a text that is no secret, for as many as are worth it."""
    if len(text) <= LONGEST_REMEMBERED:
        if len(known) >= REMEMBERED:
            known.clear()
        known[text] = verdict
