"""Redis, tried: does it answer, and will it keep what it is given."""

import time
import uuid
from collections.abc import Callable
from typing import Any

import kombu
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from alerting import broker_url, config, redaction, redis_client
from alerting.commands.failures import CommandError
from alerting.commands.probes import broker_refusals
from alerting.config import Settings
from alerting.findings import Finding, Status

PART = "Redis"
TIMEOUT_SECONDS = 4
SAFE_POLICY = "noeviction"


def probe(settings: Settings) -> Finding:
    """Whether it answers, and the eviction policy."""
    try:
        return judge(*ask(settings))
    except RefusedError as error:
        return Finding(PART, Status.FAIL, str(error), error.advice)


class RefusedError(CommandError):
    """Redis cannot be used; the message says why, `advice` what to do."""

    def __init__(self, said: str, advice: str) -> None:
        super().__init__(said)
        self.advice = advice


def ask(settings: Settings, question: Callable[[Any], Any] | None = None) -> tuple[str, Any]:
    """PING through the same transport as the worker: that it answered, in words, and what it tells of its memory.

    Another `question` is put to the client instead. Raises RefusedError where it cannot be used.
    """
    url = settings.secret("CELERY_BROKER_URL")
    place = where(url)
    if config.origin("CELERY_BROKER_URL") == "default" and (own := redis_client.of_up(settings.data_dir)):
        url, place = own, f"the server of `alerting up` at {where(own)}"
    address, options = redis_client.for_kombu(url)
    options |= {"socket_timeout": TIMEOUT_SECONDS, "socket_connect_timeout": TIMEOUT_SECONDS}
    try:
        with kombu.Connection(address, transport_options=options) as connection:
            channel: Any = connection.channel()
            client = channel.client
            started = time.monotonic()
            client.ping()
            answered = f"{place} answers in {(time.monotonic() - started) * 1000:.0f} ms"
            _queue_something(client)
            return answered, (question or _memory)(client)
    except (RedisError, OperationalError, OSError) as error:
        said = redaction.redact(" ".join(str(error).split()), redaction.secrets_of(settings))
        refused = broker_refusals.explain(error, place, url, said or type(error).__name__)
        raise RefusedError(*refused) from None


def judge(answered: str, memory: dict[str, Any]) -> Finding:
    """Whether a server with this INFO memory section keeps what it is given. Pure."""
    policy = str(memory.get("maxmemory_policy", ""))
    limit = int(memory.get("maxmemory", 0) or 0)
    if not policy:
        return Finding(
            PART, Status.PASS, f"{answered}; it does not tell its eviction policy, which should be noeviction"
        )
    said = f"{answered}, maxmemory-policy {policy}"
    fix = f"Set maxmemory-policy to {SAFE_POLICY} (CONFIG SET maxmemory-policy {SAFE_POLICY}, and in redis.conf)."
    when = f"once {limit // 1_000_000} MB are full" if limit else "as soon as somebody sets maxmemory"
    if policy.startswith("allkeys"):
        consequence = f"{when}, Redis drops queued ticks and the shared request budget without a word"
        return Finding(PART, Status.FAIL, f"{said}: {consequence}", fix)
    if policy != SAFE_POLICY:
        consequence = f"{when}, Redis drops the shared request budget, and we may ask Sentry more than it allows"
        return Finding(PART, Status.WARNING, f"{said}: {consequence}", fix)
    return Finding(PART, Status.PASS, said)


def where(url: str) -> str:
    """Where a Redis URL leads, without user and password."""
    return str(broker_url.parse(url))


def _queue_something(client: Any) -> None:
    """Do what a queue is made of, on keys of our own that are gone at once: a login alone may do none of it."""
    keys = [f"alerting:check:{uuid.uuid4().hex}:{kind}" for kind in ("list", "set", "hash", "order")]
    with client.pipeline() as pipe:
        pipe.lpush(keys[0], "1").sadd(keys[1], "1").hset(keys[2], "1", "1").zadd(keys[3], {"1": 1})
        pipe.publish(keys[0], "1")
        pipe.delete(*keys)
        pipe.execute()


def _memory(client: Any) -> dict[str, Any]:
    """Managed servers may forbid INFO; that is no reason to fail."""
    try:
        return dict(client.info("memory"))
    except RedisError:
        return {}
