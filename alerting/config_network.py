"""Variables of the network that all programs share: proxies and authorities. Pure but for a look at their files.

A mistake in one of them stops the service where something that is configured needs it. Elsewhere it is only told.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from alerting import broker_url
from alerting.http import certificates, proxies

if TYPE_CHECKING:
    from alerting.config import Settings

# Set by other programs for themselves, and of no effect here.
UNREAD = ("CELERY_RESULT_BACKEND", "CELERY_CONFIG_MODULE", "CELERY_LOADER", "BROKER_URL", "RESULT_BACKEND")


def mistakes(settings: "Settings", environ: Mapping[str, str]) -> Iterator[str]:
    """What would keep us from a place that is configured; every sentence begins with the variable to look at."""
    found: list[str] = []
    for url in _urls(settings):
        try:
            proxies.proxy_for(url, environ)
        except proxies.ProxyMistakeError as error:
            found.append(str(error))
    if _speaks_tls(settings):
        found.append(certificates.problem(environ))
    yield from dict.fromkeys(filter(None, found))


def doubts(settings: "Settings", environ: Mapping[str, str]) -> Iterator[str]:
    """What is not read although it may be meant, and what is less safe than it could be."""
    if not broker_url.parse(settings.secret("CELERY_BROKER_URL")).is_verified:
        yield (
            "CELERY_BROKER_URL: ssl_cert_reqs=none lets anybody on the way pose as Redis; leave it out, and name the "
            "file of your own authority in SSL_CERT_FILE or ssl_ca_certs"
        )
    if not _speaks_tls(settings) and (problem := certificates.problem(environ)):
        yield f"{problem}; nothing that is configured speaks TLS, so nothing needs it yet"
    module = environ.get("DJANGO_SETTINGS_MODULE", "worker.settings")
    if module != "worker.settings":
        yield "DJANGO_SETTINGS_MODULE is not read: this service has settings of its own"
    if unread := [name for name in UNREAD if environ.get(name)]:
        yield f"{', '.join(unread)} {'are' if len(unread) > 1 else 'is'} not read: meant for another Celery program"


def _urls(settings: "Settings") -> list[str]:
    """Every address that is asked over HTTP."""
    found = [settings.SENTRY_URL] if settings.SENTRY_AUTH_TOKEN else []
    if settings.SENTRY_SLACK_ALERTS_ENABLED:
        is_bot = settings.SENTRY_SLACK_BOT_TOKEN is not None
        found.append(settings.SENTRY_SLACK_API_URL if is_bot else settings.secret("SENTRY_SLACK_WEBHOOK_URL"))
    return [url for url in (*found, settings.secret("HEARTBEAT_URL")) if url]


def _speaks_tls(settings: "Settings") -> bool:
    urls = [*_urls(settings), settings.secret("SENTRY_DSN"), settings.secret("CELERY_BROKER_URL")]
    mail = settings.SENTRY_EMAIL_ALERTS_ENABLED and (settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL)
    return mail or any(url.startswith(("https://", "rediss://")) for url in urls)
