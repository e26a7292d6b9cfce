"""Redis for whoever connects to CELERY_BROKER_URL: a client of redis-py's, or the options of Celery's transport."""

from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from redis.sentinel import Sentinel

from alerting import broker_url
from alerting.broker_url import BrokerUrl

SENTINEL_SECONDS = 1.0


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
