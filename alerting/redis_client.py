"""Redis for whoever connects to CELERY_BROKER_URL: a client of redis-py's, or the options of Celery's transport."""

import contextlib
from pathlib import Path
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from redis.sentinel import Sentinel

from alerting import broker_url
from alerting.broker_url import BrokerUrl

SENTINEL_SECONDS = 1.0
# In the data directory, for our commands: where the server of `alerting up` is, and its password.
URL_OF_UP = "redis.url"


def connect(url: str, **options: Any) -> redis.Redis:
    """A client that connects when first used; `options` are redis-py's own (time-outs, retries)."""
    place = broker_url.parse(url)
    known = {**place.for_redis(), **options}
    if place.master_name:
        sentinels = Sentinel(place.hosts, sentinel_kwargs=_for_sentinels(place), **known)  # type: ignore[no-untyped-call]
        found: redis.Redis = sentinels.master_for(place.master_name)  # type: ignore[no-untyped-call]
        return found
    if place.path:
        return redis.Redis(unix_socket_path=place.path, **known)
    host, port = place.hosts[0]
    return redis.Redis(host=host, port=port, **known)


def of_up(data_dir: Path) -> str:
    """The URL of the server that an `alerting up` on this data directory keeps; empty where none answers."""
    with contextlib.suppress(OSError, ValueError, redis.RedisError):
        url = (data_dir / URL_OF_UP).read_text()
        with redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1) as client:
            client.ping()
        return url
    return ""


def for_kombu(url: str) -> tuple[str, dict[str, Any]]:
    """The URL and the transport options for kombu."""
    place = broker_url.parse(url)
    if not place.master_name:
        return place.for_kombu(), {}
    return place.for_kombu(), {"master_name": place.master_name, "sentinel_kwargs": _for_sentinels(place)}


def _for_sentinels(place: BrokerUrl) -> dict[str, Any]:
    """One short try each: there are others to ask."""
    limits = {"socket_timeout": SENTINEL_SECONDS, "socket_connect_timeout": SENTINEL_SECONDS}
    return {**place.for_sentinels(), **limits, "retry": Retry(NoBackoff(), 0)}
