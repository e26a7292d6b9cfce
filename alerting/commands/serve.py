"""`alerting serve`: the page, under gunicorn, on the address of ALERTING_STATUS_BIND."""

import contextlib
import socket
from typing import Any

import typer

from alerting import config, parent_death
from alerting.commands import database

WORKERS, THREADS = 1, 4
TIMEOUT_SECONDS = 30


def serve() -> None:
    """Serve the status page on ALERTING_STATUS_BIND until stopped."""
    settings = config.current()
    database.ready()
    from gunicorn.app.base import BaseApplication
    from gunicorn.util import import_app

    class Server(BaseApplication):  # type: ignore[misc]
        """gunicorn with our settings and none from its own files or variables."""

        def load_config(self) -> None:
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
        "when_ready": lambda _: typer.echo(f"The page is at http://{bind}/"),
    }
