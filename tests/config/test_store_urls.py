"""Addresses of brokers and databases: what is taken, and what is refused without being quoted."""

import pytest

from alerting.config import load
from alerting.errors import ConfigError


def refusal(name: str, value: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load({name: value})
    return next(line for line in caught.value.problems if line.startswith(f"{name}:"))


@pytest.mark.parametrize(
    "url",
    [
        "redis://h:6379/0",
        "rediss://h/1?ssl_cert_reqs=none",
        "redis+socket:///run/redis.sock",
        "redis+socket:///run/redis.sock?virtual_host=3",
        "sentinel://h:26379?master_name=m",
        "sentinel://h:26379;sentinel://i:26379/0?master_name=m&sentinel_password=secret",
    ],
)
def test_every_redis_url_that_celery_takes_is_taken(url: str) -> None:
    assert load({"CELERY_BROKER_URL": url}).secret("CELERY_BROKER_URL") == url


@pytest.mark.parametrize("url", ["postgres://u:p@h/n", "postgresql://h/n", "sqlite:////var/lib/alerting/a.sqlite3"])
def test_postgresql_and_sqlite_are_taken(url: str) -> None:
    assert load({"DATABASE_URL": url}).secret("DATABASE_URL") == url


@pytest.mark.parametrize(
    "url",
    [
        "amqp://:topsecret@h",
        "redis://:topsecret@h:port/0",
        "redis://:topsecret/more@h/0",
        "redis://u:topsecret#more@h:6379/0",
        "redis://:12#topsecret@h/0",
        "redis://u:topsecret@h\u2100/0",
        "redis://[topsecret]/0",
        "redis://h/topsecret",
        "sentinel://h:26379;sentinel://:topsecret@h:port",
        "sentinel://:topsecret@h:26379;sentinel://i:26379/0",
        "sentinel://h:26379;redis://i:26379/0?master_name=m",
        "redis://:topsecret@h/0?ssl_cert_reqs=none",
        "redis://:topsecret@h/0?socket_timeout=3",
        "redis://:topsecret@h/0?master_name=m",
        "rediss://:topsecret@h/0?ssl_cert_reqs=perhaps",
        "topsecret",
    ],
)
def test_a_broker_that_cannot_be_reached_by_anybody_is_refused_without_quoting_it(url: str) -> None:
    said = refusal("CELERY_BROKER_URL", url)
    assert "expected a Redis URL" in said and "topsecret" not in said


@pytest.mark.parametrize(
    "url",
    [
        "mysql://u:topsecret@h/n",
        "postgres://u:topsecret@h:port/n",
        "postgres://u:topsecret/more@h/n",
        "postgres://u:topsecret#more@h:5432/n",
        "postgres://u:topsecret@h\u2100/n",
        "postgres://[topsecret]/n",
        "postgres://u:topsecret@h",
        "sqlite://",
        "sqlite://:memory:",
        "topsecret",
    ],
)
def test_a_database_that_cannot_be_used_is_refused_without_quoting_it(url: str) -> None:
    said = refusal("DATABASE_URL", url)
    assert "expected postgres://" in said and "topsecret" not in said


@pytest.mark.parametrize("url", ["redis://", "redis://:p%2Fw%23@h", "sentinel://h;i/0?master_name=m"])
def test_brokers_may_leave_out_what_has_a_default(url: str) -> None:
    assert load({"CELERY_BROKER_URL": url}).secret("CELERY_BROKER_URL") == url
