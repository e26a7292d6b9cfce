"""Which host the token may be sent to: the configured one, or a region host that certainly belongs to it."""

import logging
from urllib.parse import urlsplit

from alerting.config_values import is_loopback

logger = logging.getLogger(__name__)

SAAS_HOST = "sentry.io"


def is_saas(base_url: str) -> bool:
    """Whether this is Sentry's own cloud, where organisations live in regions."""
    host = urlsplit(base_url).hostname or ""
    return host == SAAS_HOST or host.endswith(f".{SAAS_HOST}")


def accepted(base_url: str, candidate: str) -> str:
    """The region's base URL where the token may go there, else the configured one."""
    base = base_url.rstrip("/")
    if not candidate or candidate.rstrip("/") == base:
        return base
    try:
        parts = urlsplit(candidate)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        host, port, parts = "", None, urlsplit("")
    secure = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
    ours = is_saas(f"//{host}") if is_saas(base_url) else host == (urlsplit(base_url).hostname or "")
    if not (secure and ours and host) or parts.username or parts.password or any(ord(char) <= 32 for char in candidate):
        logger.warning("Sentry names %r as the organisation's region; the token is not sent there", host or "no host")
        return base
    bracketed = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{bracketed}" + (f":{port}" if port else "")
