"""Celery's Redis transport, with what would end a worker turned into what it survives.

Three things do, in kombu's own: an answer of Redis that is an error (a server that is read-only in a failover, full,
or that forbids a command), which it takes for a broken channel; a message that is none; and a connection that breaks
while a task runs. The first is treated as a broken connection, which is tried again with growing pauses; the second is
dropped, with one line in the log.
"""

import functools
import logging
from collections.abc import Callable
from typing import Any

from celery import current_app
from kombu.transport import TRANSPORT_ALIASES, redis
from redis.exceptions import ConnectionError, RedisError, ResponseError  # noqa: A004

from worker import log_filter, messages

logger = logging.getLogger(__name__)

DROPPED = "a message in the queue was dropped: %s"


def install() -> None:
    """Make Celery use these for every Redis URL; kombu looks transports up by the URL's scheme."""
    TRANSPORT_ALIASES.update(
        redis="worker.transport:RedisTransport",
        rediss="worker.transport:RedisTransport",
        sentinel="worker.transport:SentinelTransport",
    )


class _Client(redis.PrefixedStrictRedis):
    """Hands on what is taken from the queue only where it is a message of ours."""

    def parse_response(self, connection: Any, command_name: str, **options: Any) -> Any:
        answer = super().parse_response(connection, command_name, **options)
        if command_name != "BRPOP":
            return answer
        log_filter.redis_answers()
        if not answer:
            return answer
        _, raw = answer
        why = messages.problem(raw if isinstance(raw, bytes) else str(raw).encode(), current_app.tasks)
        if not why:
            return answer
        logger.warning(DROPPED, why)
        # As if the wait for a message had ended without one.
        return None


class _Surviving:
    """What both channels do differently from kombu's."""

    global_keyprefix: str
    connection: Any

    def _connparams(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Celery closes a broken connection twice, and the second time kombu looks for what the first has put away."""
        if self.connection.client is None:
            raise ConnectionError("the connection is closed")
        return dict(super()._connparams(*args, **kwargs))  # type: ignore[misc]

    def _get_client(self) -> Callable[..., Any]:
        return functools.partial(_Client, global_keyprefix=self.global_keyprefix)

    def _deliver_fanout_message(self, message: Any, exchange: str) -> bool:
        """A remote-control message that is none: kombu reads it before anybody looks at it."""
        try:
            return bool(super()._deliver_fanout_message(message, exchange))  # type: ignore[misc]
        except RedisError:
            raise
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            logger.warning("a remote-control message was dropped: %s", type(error).__name__)
            return False


class _Channel(_Surviving, redis.Channel):
    pass


class _SentinelChannel(_Surviving, redis.SentinelChannel):
    pass


class RedisTransport(redis.Transport):
    Channel = _Channel
    connection_errors = (*redis.Transport.connection_errors, ResponseError)


class SentinelTransport(redis.SentinelTransport):
    Channel = _SentinelChannel
    connection_errors = (*redis.SentinelTransport.connection_errors, RedisError)
