"""When to try again. Pure: attempts, the provider's wish and a random number in, seconds out."""

FIRST_SECONDS = 1.0
LONGEST_SECONDS = 60.0
LONGEST_WISH_SECONDS = 3600.0
FIRST_TRIAL_SECONDS = 60.0
LONGEST_TRIAL_SECONDS = 3600.0


def delay(attempts: int, chance: float, retry_after: float | None = None) -> float:
    """Seconds until the next try after `attempts` failed ones.

    Exponential from one second to a minute, spread by `chance` (0 to 1) over its upper half, so that workers do not
    come back together and a provider that recovers is noticed within a minute. A provider's own wish is a lower
    bound and never cut below an hour.
    """
    backoff = min(LONGEST_SECONDS, FIRST_SECONDS * 2.0 ** min(attempts - 1, 16))
    spread = backoff * (0.5 + chance / 2)
    if retry_after is None:
        return spread
    return min(max(0.0, retry_after), LONGEST_WISH_SECONDS) + chance * FIRST_SECONDS


def trial(refusals: int) -> float:
    """Seconds until a channel that refused for good `refusals` times in a row is tried again: a minute to an hour."""
    return min(LONGEST_TRIAL_SECONDS, FIRST_TRIAL_SECONDS * 2.0 ** min(refusals - 1, 16))
