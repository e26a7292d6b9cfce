"""Which windows are read when: fresh ones end now, settled ones move on a grid."""

from datetime import UTC, datetime

from alerting.rules.model import Window

GRID_SHARE = 10
GRID_LIMIT_SECONDS = 60


def grid_seconds(window_seconds: int) -> int:
    """The step of a settled window: a tenth of its length, at most a minute, at least a second."""
    return max(1, min(GRID_LIMIT_SECONDS, window_seconds // GRID_SHARE))


def floor(moment: datetime, seconds: int) -> datetime:
    """The latest multiple of `seconds` since the epoch that is not after `moment`."""
    return datetime.fromtimestamp(int(moment.timestamp()) // seconds * seconds, UTC)


def fresh(now: datetime, window_seconds: int) -> Window:
    """The window that ends at this second."""
    return Window.ending(floor(now, 1), window_seconds)


def settled(now: datetime, window_seconds: int, settle_seconds: int) -> Window:
    """The newest window on the grid whose end is at least `settle_seconds` old."""
    end = floor(datetime.fromtimestamp(now.timestamp() - settle_seconds, UTC), grid_seconds(window_seconds))
    return Window.ending(end, window_seconds)
