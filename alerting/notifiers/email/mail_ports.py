"""What a mail server's port speaks first: a greeting in the clear, or nothing before TLS. Asked by `alerting check`."""

import socket
import ssl

PATIENCE_SECONDS = 3.0


def greets_in_the_clear(host: str, port: int) -> bool:
    """Whether somebody there says something before we do, as SMTP without TLS begins."""
    try:
        with socket.create_connection((host, port), timeout=PATIENCE_SECONDS) as connection:
            return connection.recv(3) == b"220"
    except OSError:
        return False


def begins_with_tls(host: str, port: int) -> bool:
    """Whether a TLS conversation can be begun there. Nothing is said in it, so nobody is trusted for that."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with (
            socket.create_connection((host, port), timeout=PATIENCE_SECONDS) as connection,
            context.wrap_socket(connection, server_hostname=host),
        ):
            return True
    except OSError:
        return False
