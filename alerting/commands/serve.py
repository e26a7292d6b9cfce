"""`alerting serve`: the page, under gunicorn, on the address of ALERTING_STATUS_BIND."""

import errno
import logging
import socket
from typing import Annotated, Any

import typer

from alerting import config, parent_death
from alerting.commands import database
from alerting.commands.failures import CommandError

WORKERS, THREADS = 1, 16
TIMEOUT_SECONDS = 30
REFUSALS = {
    errno.EADDRINUSE: "another program listens there. Stop it, or set ALERTING_STATUS_BIND to another port, such as "
    "127.0.0.1:8001.",
    errno.EADDRNOTAVAIL: "this machine has no such address. Set it to 127.0.0.1, or to 0.0.0.0 for all it has.",
    errno.EACCES: "only root may use this port. Set ALERTING_STATUS_BIND to one from 1024 on.",
}


def serve(
    listener: Annotated[int, typer.Option(hidden=True, help="A listening socket that we inherit.")] = -1,
) -> None:
    """Serve the status page on ALERTING_STATUS_BIND until stopped."""
    settings = config.current()
    place = listener if listener >= 0 else listen(settings.ALERTING_STATUS_BIND).detach()
    database.ready()
    from gunicorn.app.base import BaseApplication
    from gunicorn.util import import_app

    class Server(BaseApplication):  # type: ignore[misc]
        """gunicorn with our settings and none from its own files or variables."""

        def load_config(self) -> None:
            logging.getLogger("gunicorn.error").addFilter(_is_worth_a_line)
            for name, value in options(f"fd://{place}").items():
                self.cfg.set(name, value)

        def load(self) -> Any:
            return import_app("worker.wsgi:application")

    Server().run()


def listen(bind: str) -> socket.socket:
    """A socket that listens there. Raises CommandError where none can."""
    host, _, port = bind.rpartition(":")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host.strip("[]"), int(port)), family=family)
    except OSError as error:
        why = REFUSALS.get(error.errno or 0, f"{error.strerror}. Set ALERTING_STATUS_BIND to another address or port.")
        raise CommandError(f"The page cannot listen on ALERTING_STATUS_BIND={bind}: {why}") from None


def listen_nearby(bind: str) -> socket.socket:
    """The same, on another port where somebody else has this one."""
    try:
        return listen(bind)
    except CommandError:
        return listen(f"{bind.rpartition(':')[0]}:0")


def options(bind: str) -> dict[str, Any]:
    """gunicorn's settings: one process with threads, and nothing believed that a client says about its address."""
    return {
        "bind": [bind],
        "workers": WORKERS,
        "threads": THREADS,
        "worker_class": "alerting.commands.serve_worker.TimedWorker",
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
        typer.echo(f"The page is at http://{_shown(*listener.sock.getsockname()[:2])}/")


def _is_worth_a_line(record: logging.LogRecord) -> bool:
    """Not a traceback for every client that is slower than it may be."""
    return "Socket error processing request" not in str(record.msg)


def _shown(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
