"""One reading of CELERY_BROKER_URL for Celery, for the request budget and for the commands."""

from typing import Any

import kombu
import pytest

from alerting import broker_url, redis_client

ADDRESSES = [
    ("redis://u:p%40ss@h.example:6380/2", "h.example:6380", {"host": "h.example", "port": 6380, "db": 2}),
    ("redis://", "localhost:6379", {"host": "localhost", "db": 0, "password": None}),
    ("redis://[fd00::1]/1", "[fd00::1]:6379", {"host": "fd00::1", "db": 1}),
    ("redis+socket:///run/redis.sock?virtual_host=3", "/run/redis.sock", {"path": "/run/redis.sock", "db": 3}),
    ("rediss://h/1", "h:6379", {"ssl_cert_reqs": "required", "ssl_check_hostname": True}),
    ("rediss://h/1?ssl_cert_reqs=CERT_NONE", "h:6379", {"ssl_cert_reqs": "none"}),
    ("rediss://h?ssl_ca_certs=/ca.pem&ssl_check_hostname=False", "h:6379", {"ssl_ca_certs": "/ca.pem"}),
]


@pytest.mark.parametrize(("url", "place", "expected"), ADDRESSES)
def test_redis_py_and_celery_are_led_to_the_same_place(url: str, place: str, expected: dict[str, Any]) -> None:
    assert str(broker_url.parse(url)) == place
    found = redis_client.connect(url).connection_pool.connection_kwargs
    assert {name: found[name] for name in expected} == expected
    address, options = redis_client.for_kombu(url)
    connection = kombu.Connection(address, transport_options=options)
    if "path" not in expected:
        assert (connection.hostname, int(connection.virtual_host)) == (found["host"], found["db"])
    assert connection.password == found["password"]


def test_tls_is_verified_unless_the_url_says_otherwise() -> None:
    assert "ssl_cert_reqs=required" in redis_client.for_kombu("rediss://h")[0]
    assert broker_url.parse("rediss://h").is_verified
    assert not broker_url.parse("rediss://h?ssl_cert_reqs=none").is_verified
    assert broker_url.parse("redis://h").is_verified, "there is nothing to verify"


SENTINELS = "sentinel://u:p%2Fw@a:1;sentinel://b/3?master_name=m&sentinel_username=su&sentinel_password=s%2Fp&ssl=true"


def test_sentinels_are_asked_with_their_own_login_for_a_redis_with_another() -> None:
    place = broker_url.parse(SENTINELS)
    assert str(place) == "m by the Sentinels a:1, b:26379"
    assert (place.user, place.password, place.database) == ("u", "p/w", 3)
    assert (place.sentinel_user, place.sentinel_password, place.is_tls) == ("su", "s/p", True)
    address, options = redis_client.for_kombu(SENTINELS)
    assert address == ";".join(f"sentinel://u:p%2Fw@{at}/3?ssl_cert_reqs=required" for at in ("a:1", "b:26379"))
    assert options["master_name"] == "m"
    assert {"username": "su", "password": "s/p", "ssl": True}.items() <= options["sentinel_kwargs"].items()


def test_no_password_is_in_a_representation() -> None:
    shown = repr(broker_url.parse(SENTINELS)) + str(broker_url.parse(SENTINELS))
    assert not [secret for secret in ("p/w", "p%2Fw", "s/p", "s%2Fp") if secret in shown]
