"""rediss:// on a real connection: a certificate that nobody vouches for is refused, unless the URL says otherwise."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import kombu
import pytest
import redis

from alerting import redis_client
from tests.support import certificate
from tests.support.service import broker
from tests.support.tls_front import tls_front

pytestmark = [
    pytest.mark.skipif(shutil.which("openssl") is None, reason="makes its certificate with openssl"),
    pytest.mark.xdist_group("redis-tls"),
]


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate.make(tmp_path_factory.mktemp("tls"), "localhost")


@pytest.fixture(scope="module")
def port(pem: Path) -> Iterator[int]:
    with broker() as server, tls_front(pem, int(server.connection_url.rpartition(":")[2])) as port:
        yield port


def as_client(url: str) -> object:
    return redis_client.connect(url).ping()


def as_celery(url: str) -> object:
    address, options = redis_client.for_kombu(url)
    with kombu.Connection(address, transport_options=options) as connection:
        return connection.channel().client.ping()


@pytest.mark.parametrize("ping", [as_client, as_celery])
def test_tls_to_redis_is_verified(port: int, pem: Path, ping: object) -> None:
    assert callable(ping)
    with pytest.raises((redis.RedisError, OSError), match="CERTIFICATE_VERIFY_FAILED"):
        ping(f"rediss://localhost:{port}/0")
    with pytest.raises((redis.RedisError, OSError), match="CERTIFICATE_VERIFY_FAILED"):
        ping(f"rediss://127.0.0.1:{port}/0?ssl_ca_certs={pem}")
    assert ping(f"rediss://localhost:{port}/0?ssl_ca_certs={pem}")
    assert ping(f"rediss://127.0.0.1:{port}/0?ssl_ca_certs={pem}&ssl_check_hostname=false")
    assert ping(f"rediss://127.0.0.1:{port}/0?ssl_cert_reqs=none")


def test_an_authority_in_ssl_cert_file_vouches_for_redis_as_well(
    port: int, pem: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    assert as_client(f"rediss://localhost:{port}/0")
    assert as_celery(f"rediss://localhost:{port}/0")
