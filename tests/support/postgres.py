"""A PostgreSQL cluster of its own for one test run, from the binaries on this machine."""

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

MISSING = "PostgreSQL's server binaries (initdb, pg_ctl) are not installed; `apt-get install postgresql` brings them"


def binaries() -> Path | None:
    """The folder of initdb and pg_ctl, Debian's own place included."""
    found = shutil.which("initdb")
    if found and shutil.which("pg_ctl"):
        return Path(found).resolve().parent
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if (folder / "initdb").exists() and (folder / "pg_ctl").exists():
            return folder
    return None


@contextlib.contextmanager
def server(like: Path | None = None) -> Iterator[str]:
    """Yields a DATABASE_URL; the cluster is gone afterwards. It begins as the kept one of that folder, or empty."""
    with running(like) as cluster:
        yield cluster.url


@contextlib.contextmanager
def running(like: Path | None = None) -> Iterator["Cluster"]:
    """Yields a started cluster, which is gone afterwards."""
    folder = binaries()
    if folder is None:
        raise RuntimeError(MISSING)
    root = Path(tempfile.mkdtemp(prefix="pg-"))
    cluster = Cluster(folder, root, free_port())
    try:
        cluster.create(like)
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(root, ignore_errors=True)


class Cluster:
    """One cluster that can be stopped and started again in the middle of a test."""

    def __init__(self, folder: Path, root: Path, port: int) -> None:
        self._folder, self._root, self._port = folder, root, port
        self.url = f"postgres://alerting@127.0.0.1:{port}/postgres"

    def create(self, like: Path | None = None) -> None:
        if os.geteuid() == 0:
            user = pwd.getpwnam(_unprivileged())
            os.chown(self._root, user.pw_uid, user.pw_gid)
        data = self._root / "data"
        if like is not None:
            subprocess.run(["cp", "-a", like, data], check=True)
            return
        self._run("initdb", "-D", str(data), "-U", "alerting", "-A", "trust", "--no-sync", "-E", "UTF8")

    def start(self) -> None:
        options = f"-p {self._port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self._root} -c fsync=off"
        log = str(self._root / "log")
        self._run("pg_ctl", "-D", str(self._root / "data"), "-l", log, "-w", "-o", options, "start")

    def keep(self, folder: Path) -> None:
        """Stop, and keep a copy for others to begin with."""
        self.stop("fast")
        subprocess.run(["cp", "-a", self._root / "data", folder], check=True)

    def stop(self, mode: str = "immediate") -> None:
        with contextlib.suppress(subprocess.CalledProcessError):
            self._run("pg_ctl", "-D", str(self._root / "data"), "-m", mode, "-w", "stop")

    def _run(self, program: str, *arguments: str) -> None:
        # PostgreSQL refuses to run as root, so root lends it an unprivileged user.
        user = _unprivileged() if os.geteuid() == 0 else None
        subprocess.run(
            [self._folder / program, *arguments],
            check=True,
            cwd=self._root,
            user=user,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            extra_groups=[] if user else None,
        )


def _unprivileged() -> str:
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    raise RuntimeError("no unprivileged user to run PostgreSQL as")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
