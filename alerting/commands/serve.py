"""`alerting serve`: the page, under gunicorn, on the address of ALERTING_STATUS_BIND."""

import contextlib
import logging
import socket
import struct
from typing import Any

import typer

from alerting import config, parent_death
from alerting.commands import database

WORKERS, THREADS = 1, 16
TIMEOUT_SECONDS = 30
# gunicorn's threads read a request for as long as its sender likes: a few that only begin one would stop the page.
READ_SECONDS = 3


def serve() -> None:
    """Serve the status page on ALERTING_STATUS_BIND until stopped."""
    settings = config.current()
    database.ready()
    from gunicorn.app.base import BaseApplication
    from gunicorn.util import import_app

    class Server(BaseApplication):  # type: ignore[misc]
        """gunicorn with our settings and none from its own files or variables."""

        def load_config(self) -> None:
            logging.getLogger("gunicorn.error").addFilter(_is_worth_a_line)
            for name, value in options(settings.ALERTING_STATUS_BIND).items():
                self.cfg.set(name, value)

        def load(self) -> Any:
            return import_app("worker.wsgi:application")

    Server().run()


def free_bind(bind: str) -> str:
    """`bind`, or the same address with a port that is free where somebody else has this one."""
    host, _, port = bind.rpartition(":")
    for number in (int(port), 0):
        with (
            contextlib.suppress(OSError),
            socket.create_server((host.strip("[]"), number), family=_family(host)) as taken,
        ):
            return f"{host}:{taken.getsockname()[1]}"
    return bind


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def options(bind: str) -> dict[str, Any]:
    """gunicorn's settings: one process with threads, and nothing believed that a client says about its address."""
    return {
        "bind": [bind],
        "workers": WORKERS,
        "threads": THREADS,
        "timeout": TIMEOUT_SECONDS,
        "graceful_timeout": 5,
        "forwarded_allow_ips": "",
        "secure_scheme_headers": {},
        "limit_request_line": 4094,
        "accesslog": None,
        "loglevel": "warning",
        "proc_name": "alerting-page",
        "control_socket_disable": True,
        "post_fork": lambda _server, _worker: parent_death.end_with_parent(),
        "when_ready": _ready,
    }


def _ready(server: Any) -> None:
    for listener in server.LISTENERS:
        # What is accepted from it inherits the limit; gunicorn resets the one that Python keeps.
        listener.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", READ_SECONDS, 0))
        typer.echo(f"The page is at http://{_shown(*listener.sock.getsockname()[:2])}/")


def _is_worth_a_line(record: logging.LogRecord) -> bool:
    """Not a traceback for every client that is slower than it may be."""
    return "Socket error processing request" not in str(record.msg)


def _shown(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
