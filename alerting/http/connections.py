"""The connections of this process: one pool for what is asked directly, and one for each proxy.

httpx's transport is used without its client, which would log every URL, secret ones too, and keep cookies.
"""

import logging
import os
import ssl

import httpx

from alerting.http import certificates
from alerting.http.proxies import Proxy

# At DEBUG it logs whole response headers, which may quote a secret of ours.
logging.getLogger("httpcore").setLevel(logging.INFO)

TIMEOUT = httpx.Timeout(None, connect=5.0)
KEEP_ALIVE_SECONDS = 75.0

_pools: dict[tuple[str, ...], httpx.AsyncHTTPTransport] = {}
# A child must not finish what it inherited: the sockets belong to its parent's event loop.
_inherited: list[object] = []


def through(proxy: Proxy | None, *, is_tls: bool) -> httpx.AsyncHTTPTransport:
    """The pool for a proxy, or for none. Raises CertificateMistakeError where it is for TLS."""
    url = proxy.url if proxy else ""
    key = (url, str(is_tls), *(os.environ.get(name, "") for name in (certificates.FILE, certificates.FOLDER)))
    if key not in _pools:
        trusted = certificates.trusted(os.environ) if is_tls else ssl.create_default_context()
        _pools[key] = httpx.AsyncHTTPTransport(
            verify=trusted,
            trust_env=False,
            proxy=httpx.Proxy(url, ssl_context=trusted if url.startswith("https://") else None) if url else None,
            limits=httpx.Limits(keepalive_expiry=KEEP_ALIVE_SECONDS),
        )
    return _pools[key]


def _leave_to_parent() -> None:
    _inherited.append(dict(_pools))
    _pools.clear()


os.register_at_fork(after_in_child=_leave_to_parent)
