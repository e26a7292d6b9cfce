"""A certificate of its own authority, made with openssl, for servers on this machine."""

import ssl
import subprocess
from pathlib import Path


def make(folder: Path, *names: str) -> Path:
    """A file with a self-signed certificate for these host names, and its key."""
    alternatives = ",".join(f"DNS:{name}" for name in names)
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-keyout", folder / "key.pem", "-out", folder / "cert.pem", "-days", "2", "-subj", f"/CN={names[0]}"),
            *("-addext", f"subjectAltName={alternatives}"),
        ],
        check=True,
        capture_output=True,
    )
    both = folder / "both.pem"
    both.write_text((folder / "key.pem").read_text() + (folder / "cert.pem").read_text())
    return both


def serving(certificate: Path) -> ssl.SSLContext:
    """What a server that shows this certificate needs."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context
