"""outbox → notifier: what is owed on one channel, for a turn that ends before a deploy's patience does."""

import logging
import time
from datetime import timedelta

from alerting.errors import DeliveryError
from alerting.notifiers import registry
from alerting.outbox import broken_channels, channels, queue, unrecorded
from alerting.outbox.message import Notice
from alerting.outbox.models import Message
from alerting.parts import Parts

logger = logging.getLogger(__name__)

# A turn and its last sending end within the 30 s that a deploy grants.
DELIVERY_TURN_SECONDS = 15.0
# Longer pauses, which a provider asks for or which refusals have grown to, are left to beat's next hint.
SHORT_PAUSE_SECONDS = 5.0


def send_for_a_turn(parts: Parts, channel: str) -> float | None:
    """Send message after message, at the channel's pace; seconds after which to come back, if soon."""
    capacity = registry.channel(channel).capacity
    turn_ends = time.monotonic() + DELIVERY_TURN_SECONDS
    while True:
        now = parts.clock()
        pause = channels.wait(channel, now)
        if pause > SHORT_PAUSE_SECONDS or not queue.due(channel, now + timedelta(seconds=pause)).exists():
            return None
        if time.monotonic() + pause > turn_ends:
            return pause
        parts.sleep(pause)
        if not channels.renew(channel, parts.clock()):
            return None
        message = queue.take(channel, capacity, parts.clock())
        if message is None:
            return None
        if not _send(parts, channel, message, capacity.pace):
            pause = channels.wait(channel, parts.clock())
            return pause if pause <= SHORT_PAUSE_SECONDS else None


def _send(parts: Parts, channel: str, message: Message, pace: timedelta) -> bool:
    """Send one message and settle it; false where the channel must not be used any further in this turn."""
    try:
        notice = Notice.from_json(message.payload)
        receipt = parts.notifiers[channel].send(notice, queue.thread_ref(message), message.dedupe_key)
    except DeliveryError as error:
        logger.warning("%s did not take message %s: %s (%s)", channel, message.pk, error, error.reason)
        queue.mark_failed(message, error, parts.clock())
        if not error.permanent:
            return False
        broken_channels.report(message, error, parts.notifiers, parts.fingerprints.get(channel, ""), parts.clock())
        return broken_channels.is_open(channel)
    except Exception as error:
        # A message that our own code cannot send must not block the ones behind it.
        logger.exception("message %s could not be sent through %s", message.pk, channel)
        queue.mark_failed(message, DeliveryError("internal_error", type(error).__name__), parts.clock(), pause=False)
        return True
    unrecorded.settle(message, receipt, parts.clock())
    channels.keep_pace(channel, pace, parts.clock())
    logger.info("%s took message %s (%s)", channel, message.pk, message.kind)
    return True
