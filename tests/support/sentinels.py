"""Redis with a replica, watched by Sentinels, all with passwords: from the binary on this machine."""

import contextlib
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import redis

from alerting.local.redis_server import find_binary
from tests.support.postgres import free_port
from tests.support.service import wait_until

NAME, PASSWORD, SENTINEL_PASSWORD = "watched", "redis-secret", "sentinel-secret"
READY_SECONDS = 20.0


@dataclass
class Watched:
    """`url` is what CELERY_BROKER_URL holds."""

    servers: list[int]
    sentinels: list[int]

    @property
    def url(self) -> str:
        places = ";".join(f"sentinel://:{PASSWORD}@127.0.0.1:{port}" for port in self.sentinels)
        return f"{places}/2?master_name={NAME}&sentinel_password={SENTINEL_PASSWORD}"

    def master(self) -> redis.Redis:
        return self._redis(self._master_port())

    def fail_over(self) -> None:
        """Let the Sentinels make the replica the master, and wait until they have."""
        before, sentinel = self._master_port(), self._sentinel()

        def is_begun() -> bool:
            """A replica that has not been heard of for a moment is none that a Sentinel would promote."""
            with contextlib.suppress(redis.ResponseError):
                sentinel.execute_command("SENTINEL", "FAILOVER", NAME)
                return True
            return False

        assert wait_until(is_begun, READY_SECONDS), "the replica is not fit to be the master"
        assert wait_until(lambda: self._master_port() != before, READY_SECONDS), "nothing failed over"

    def _master_port(self) -> int:
        return int(self._sentinel().sentinel_get_master_addr_by_name(NAME)[1])

    def _sentinel(self) -> redis.Redis:
        return redis.Redis(port=self.sentinels[0], password=SENTINEL_PASSWORD)

    def _redis(self, port: int) -> redis.Redis:
        return redis.Redis(port=port, password=PASSWORD, db=2)

    def wait_until_ready(self) -> None:
        def ready() -> bool:
            with contextlib.suppress(redis.RedisError):
                return all(self._redis(port).ping() for port in self.servers) and self._master_port() > 0
            return False

        assert wait_until(ready, READY_SECONDS), "no Sentinel came up"


@contextlib.contextmanager
def watched_redis() -> Iterator[Watched]:
    binary = find_binary()
    found = Watched([free_port(), free_port()], [free_port(), free_port()])
    master, replica = found.servers
    login = f"requirepass {PASSWORD}\nmasterauth {PASSWORD}\nsave ''\n"
    watching = (
        f"requirepass {SENTINEL_PASSWORD}\nsentinel sentinel-pass {SENTINEL_PASSWORD}\n"
        f"sentinel monitor {NAME} 127.0.0.1 {master} 1\nsentinel auth-pass {NAME} {PASSWORD}\n"
        f"sentinel down-after-milliseconds {NAME} 1000\n"
    )
    texts = {
        master: login,
        replica: f"{login}replicaof 127.0.0.1 {master}\n",
        **dict.fromkeys(found.sentinels, watching),
    }
    running = []
    with tempfile.TemporaryDirectory(prefix="sentinels-") as folder:
        try:
            for port, text in texts.items():
                path = Path(folder) / f"{port}.conf"
                path.write_text(f"port {port}\nbind 127.0.0.1\ndir {folder}\n{text}")
                mode = ["--sentinel"] if port in found.sentinels else []
                running.append(subprocess.Popen([binary, path, *mode], stdout=subprocess.DEVNULL))
            found.wait_until_ready()
            yield found
        finally:
            for process in running:
                process.kill()
                process.wait(10)
