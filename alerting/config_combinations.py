"""Settings that are each fine but not together: what cannot work is a mistake, what hardly can be meant is a doubt."""

import ipaddress
from collections.abc import Iterator
from typing import TYPE_CHECKING

from alerting.config_values import is_loopback
from alerting.rules import catalog

if TYPE_CHECKING:
    from alerting.config import Settings

WINDOWS = tuple(kind.window for kind in catalog.KINDS if kind.window)
# What is said of mail ports in RFC 8314 (3.3) and RFC 6409 (3.1).
TLS_PORT = 465
STARTTLS_PORTS = frozenset({25, 587})
UNLIKELY_RATE = 0.5
UNLIKELY_MILLISECONDS = 10.0
SHORT_REMINDER_SECONDS = 60
SHORT_PASSWORD = 12
# The widest network that is still one owner's, by version: 10.0.0.0/8 and what a provider is given.
WIDEST_NETWORK = {4: 8, 6: 32}


def mistakes(settings: "Settings") -> Iterator[str]:
    """What makes a start pointless; every sentence begins with the variable to look at."""
    if settings.SENTRY_AUTH_TOKEN and not settings.SENTRY_ORG:
        yield "SENTRY_ORG: SENTRY_AUTH_TOKEN is set, so the organisation's slug is needed too"
    yield from _unread(settings)
    if settings.SENTRY_EMAIL_ALERTS_ENABLED and not settings.SENTRY_ALERT_EMAIL_RECIPIENTS:
        yield "SENTRY_ALERT_EMAIL_RECIPIENTS: SENTRY_EMAIL_ALERTS_ENABLED is true, so an address is needed"
    if settings.SENTRY_SLACK_ALERTS_ENABLED and not (
        settings.SENTRY_SLACK_WEBHOOK_URL or settings.SENTRY_SLACK_BOT_TOKEN
    ):
        yield (
            "SENTRY_SLACK_WEBHOOK_URL: SENTRY_SLACK_ALERTS_ENABLED is true, so a webhook is needed "
            "(or SENTRY_SLACK_BOT_TOKEN with SENTRY_SLACK_CHANNEL)"
        )
    if settings.SENTRY_SLACK_BOT_TOKEN and not settings.SENTRY_SLACK_CHANNEL:
        yield "SENTRY_SLACK_CHANNEL: SENTRY_SLACK_BOT_TOKEN is set, so the channel to post to is needed"
    if settings.EMAIL_USE_TLS and settings.EMAIL_USE_SSL:
        yield "EMAIL_USE_SSL: EMAIL_USE_TLS (STARTTLS) is set as well; keep one of them"
    yield from _page(settings)
    yield from _escalation(settings)


def doubts(settings: "Settings") -> Iterator[str]:
    """What works, but most likely not as it was meant: said at every start and by `alerting check`."""
    rate = settings.SENTRY_ERROR_RATE_THRESHOLD
    if rate >= UNLIKELY_RATE:
        never = ", so it fires only where there are more errors than transactions" if rate == 1 else ""
        yield f"SENTRY_ERROR_RATE_THRESHOLD: {rate:g} is {rate * 100:g} %{never}; {rate:g} % would be {rate / 100:g}"
    latency = settings.SENTRY_P95_LATENCY_THRESHOLD_MS
    if latency < UNLIKELY_MILLISECONDS:
        yield (
            f"SENTRY_P95_LATENCY_THRESHOLD_MS: {latency:g} is in milliseconds; {latency:g} seconds would be "
            f"{latency * 1000:g}"
        )
    yield from _times(settings)
    if settings.SENTRY_EMAIL_ALERTS_ENABLED:
        yield from _mail(settings)
    yield from _page_doubts(settings)


def _unread(settings: "Settings") -> Iterator[str]:
    interval = settings.SENTRY_POLL_INTERVAL_SECONDS
    for name in WINDOWS:
        if (window := getattr(settings, name)) < interval:
            yield (
                f"{name}: {window} is shorter than SENTRY_POLL_INTERVAL_SECONDS={interval}, so nobody would read "
                f"{interval - window} of every {interval} seconds; make the window longer or the interval shorter"
            )


def _times(settings: "Settings") -> Iterator[str]:
    back, interval = settings.SENTRY_CATCH_UP_SECONDS, settings.SENTRY_POLL_INTERVAL_SECONDS
    if too_long := [name for name in WINDOWS if 0 < back < getattr(settings, name)]:
        yield (
            f"SENTRY_CATCH_UP_SECONDS: {back} is shorter than {', '.join(too_long)}, so what downtime hid from those "
            "windows cannot be found afterwards"
        )
    repeat = settings.SENTRY_ALERT_REPEAT_SECONDS
    if 0 < repeat < max(SHORT_REMINDER_SECONDS, interval):
        yield (
            f"SENTRY_ALERT_REPEAT_SECONDS: {repeat} sends a reminder of every open incident every "
            f"{max(repeat, interval)} s; 3600 is one an hour, 0 none"
        )


def _mail(settings: "Settings") -> Iterator[str]:
    port, user, password = settings.EMAIL_PORT, settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD
    if port == TLS_PORT and not settings.EMAIL_USE_SSL:
        instead = " instead of EMAIL_USE_TLS" if settings.EMAIL_USE_TLS else ""
        yield f"EMAIL_PORT: {port} speaks TLS from the first byte; set EMAIL_USE_SSL=true{instead}"
    if port in STARTTLS_PORTS and settings.EMAIL_USE_SSL:
        yield f"EMAIL_USE_SSL: port {port} begins in the clear; set EMAIL_USE_TLS=true instead, or EMAIL_PORT=465"
    if user and not password:
        yield "EMAIL_HOST_PASSWORD: EMAIL_HOST_USER is set but no password is, so nobody logs in"
    if password and not user:
        yield "EMAIL_HOST_USER: EMAIL_HOST_PASSWORD is set but no user is, so nobody logs in"
    if user and password and not (settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL or is_loopback(settings.EMAIL_HOST)):
        yield (
            f"EMAIL_USE_TLS: without it the login at {settings.EMAIL_HOST} is sent in the clear, for everybody on the "
            "way to read; set EMAIL_USE_TLS=true (STARTTLS) or EMAIL_USE_SSL=true"
        )


def _page(settings: "Settings") -> Iterator[str]:
    """What would open the status page to more people than meant."""
    bind, password = settings.ALERTING_STATUS_BIND, settings.ALERTING_STATUS_PASSWORD
    is_open = password is None and settings.ALERTING_STATUS_READONLY_PASSWORD is None
    if is_open and not settings.ALERTING_STATUS_USER_HEADER and not is_loopback(bind.rpartition(":")[0]):
        yield (
            f"ALERTING_STATUS_PASSWORD: ALERTING_STATUS_BIND is {bind}, which others can reach, so the page needs a "
            "password (or bind it to 127.0.0.1)"
        )
    if settings.ALERTING_STATUS_USER_HEADER and not settings.ALERTING_TRUSTED_PROXIES:
        yield (
            "ALERTING_TRUSTED_PROXIES: ALERTING_STATUS_USER_HEADER is set, so the addresses of the proxies that may "
            "send it are needed; from anybody else it would be a claim"
        )
    if password is not None and password == settings.ALERTING_STATUS_READONLY_PASSWORD:
        yield "ALERTING_STATUS_READONLY_PASSWORD: the same as ALERTING_STATUS_PASSWORD, so nobody would only read"


def _page_doubts(settings: "Settings") -> Iterator[str]:
    """What keeps the page less closed than was meant."""
    bind, proxies = settings.ALERTING_STATUS_BIND, settings.ALERTING_TRUSTED_PROXIES
    names = ("ALERTING_STATUS_PASSWORD", "ALERTING_STATUS_READONLY_PASSWORD")
    passwords = {name: secret.get_secret_value() for name in names if (secret := getattr(settings, name)) is not None}
    for name, password in passwords.items():
        if len(password) < SHORT_PASSWORD:
            yield f"{name}: shorter than {SHORT_PASSWORD} characters, so it can be guessed; take a longer one"
    if passwords and not proxies and not is_loopback(bind.rpartition(":")[0]):
        yield (
            f"ALERTING_STATUS_BIND: others reach {bind} without TLS, so the page's password travels in the clear; put "
            "a proxy with TLS before it and name that in ALERTING_TRUSTED_PROXIES"
        )
    for proxy in proxies:
        network = ipaddress.ip_network(proxy, strict=False)
        if network.prefixlen < WIDEST_NETWORK[network.version]:
            yield f"ALERTING_TRUSTED_PROXIES: {proxy} is more than one owner's, and each of them may say who is asking"


def _escalation(settings: "Settings") -> Iterator[str]:
    """What would leave an escalation without anybody to go to."""
    emails, channel = settings.SENTRY_ALERT_ESCALATION_EMAIL_RECIPIENTS, settings.SENTRY_ALERT_ESCALATION_SLACK_CHANNEL
    if settings.SENTRY_ALERT_ESCALATE_AFTER_SECONDS and not (emails or channel):
        yield (
            "SENTRY_ALERT_ESCALATION_EMAIL_RECIPIENTS: SENTRY_ALERT_ESCALATE_AFTER_SECONDS is set, so addresses are "
            "needed (or SENTRY_ALERT_ESCALATION_SLACK_CHANNEL)"
        )
    if emails and not settings.SENTRY_EMAIL_ALERTS_ENABLED:
        yield "SENTRY_ALERT_ESCALATION_EMAIL_RECIPIENTS: set, but SENTRY_EMAIL_ALERTS_ENABLED is false"
    if channel and not (settings.SENTRY_SLACK_ALERTS_ENABLED and settings.SENTRY_SLACK_BOT_TOKEN):
        yield (
            "SENTRY_ALERT_ESCALATION_SLACK_CHANNEL: only a bot can post to another channel, so "
            "SENTRY_SLACK_ALERTS_ENABLED and SENTRY_SLACK_BOT_TOKEN are needed"
        )
