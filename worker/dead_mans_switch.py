"""HEARTBEAT_URL, called after a good tick: whoever listens there notices when we fall silent."""

import logging

from alerting.errors import HttpError
from alerting.http import exchange

logger = logging.getLogger(__name__)

SECONDS = 5.0


def call(url: str) -> None:
    """One GET; what goes wrong is logged without the URL, which is a secret."""
    try:
        status = exchange.get(url, seconds=SECONDS).status
    except HttpError as error:
        logger.warning("HEARTBEAT_URL was not reached: %s", str(error))
    else:
        if status >= 300:
            logger.warning("HEARTBEAT_URL answered with status %s: the dead man's switch may not have heard us", status)
