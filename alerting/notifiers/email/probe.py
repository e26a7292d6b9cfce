"""Trying the mail server for real without sending anything."""

import socket
import ssl
from email.utils import parseaddr

from alerting.config import Settings
from alerting.config_values import is_loopback
from alerting.errors import DeliveryError
from alerting.findings import Finding, Status, refused
from alerting.notifiers.email.notifier import connection_to
from alerting.notifiers.email.smtp_replies import Replies, delivery_error, sorted_out

PORT_SECONDS = 3.0
_NOTHING_SAID = frozenset({"tls", "timeout", "connection_lost"})
# A refusal that holds one of these says itself what to do.
_NAMED = ("EMAIL_", "SENTRY_ALERT_EMAIL_")


def check(settings: Settings) -> Finding:
    """Connect to the mail server and log in, as for a mail."""
    if not settings.SENTRY_EMAIL_ALERTS_ENABLED:
        to = " (recipients are set, though)" if settings.SENTRY_ALERT_EMAIL_RECIPIENTS else ""
        advice = "Set SENTRY_EMAIL_ALERTS_ENABLED=true and SENTRY_ALERT_EMAIL_RECIPIENTS."
        return Finding("Email", Status.NOT_CONFIGURED, f"SENTRY_EMAIL_ALERTS_ENABLED is false{to}", advice)
    if settings.EMAIL_HOST_USER and not settings.EMAIL_HOST_PASSWORD:
        said = f"EMAIL_HOST_USER is {settings.EMAIL_HOST_USER}, but there is no password, so nobody logs in"
        advice = "Set EMAIL_HOST_PASSWORD; or, where the server wants no login, leave EMAIL_HOST_USER empty."
        return Finding("Email", Status.FAIL, said, advice)
    try:
        said = handshake(settings)
    except DeliveryError as error:
        is_for_now = not error.permanent and error.reason.startswith("smtp_4")
        status = Status.WARNING if is_for_now else Status.FAIL
        return refused("Email", error, _NAMED, "Check EMAIL_HOST, EMAIL_PORT and the login beside them.", status)
    if settings.EMAIL_HOST_USER and "unencrypted" in said and not is_loopback(settings.EMAIL_HOST):
        advice = "Everybody on the way can read the password: set EMAIL_USE_TLS=true (STARTTLS) or EMAIL_USE_SSL=true."
        return Finding("Email", Status.WARNING, said, advice)
    return Finding("Email", Status.PASS, f"{said}; notices go to {', '.join(settings.SENTRY_ALERT_EMAIL_RECIPIENTS)}")


def handshake(settings: Settings) -> str:
    """Do all that a mail begins with, short of its content. Returns what worked; raises DeliveryError."""
    host, port = settings.EMAIL_HOST, settings.EMAIL_PORT
    if not settings.EMAIL_USE_SSL and not greets_in_the_clear(host, port):
        _refuse_tls_from_the_first_byte(settings)
    connection = connection_to(settings)
    password = settings.secret("EMAIL_HOST_PASSWORD")
    failure: DeliveryError | None = None
    try:
        connection.rehearse(parseaddr(settings.DEFAULT_FROM_EMAIL)[1], settings.SENTRY_ALERT_EMAIL_RECIPIENTS)
    except Exception as error:  # noqa: BLE001  every failure is one of the channel's
        failure = delivery_error(error, [password], host=host, too_slow=connection.too_slow)
    unspoken = settings.EMAIL_USE_SSL and failure is not None and failure.reason in _NOTHING_SAID
    if unspoken and greets_in_the_clear(host, port):
        message = f"{host}:{port} begins in the clear, without TLS. Set EMAIL_USE_SSL=false and EMAIL_USE_TLS=true."
        failure = DeliveryError("smtp_clear_first", message, permanent=True)
    if failure is None and connection.refused:
        failure = _some_refused(connection.refused, password)
    if failure is not None:
        raise failure
    safety = "TLS" if settings.EMAIL_USE_SSL else "STARTTLS" if settings.EMAIL_USE_TLS else "unencrypted"
    login = f"logged in as {settings.EMAIL_HOST_USER}" if settings.EMAIL_HOST_USER else "no login"
    return f"{host}:{port} answers ({safety}, {login})"


def _refuse_tls_from_the_first_byte(settings: Settings) -> None:
    if begins_with_tls(settings.EMAIL_HOST, settings.EMAIL_PORT):
        instead = " and EMAIL_USE_TLS=false" if settings.EMAIL_USE_TLS else ""
        place = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
        message = f"{place} speaks TLS from the first byte. Set EMAIL_USE_SSL=true{instead}."
        raise DeliveryError("smtp_tls_first", message, permanent=True)


def _some_refused(replies: Replies, password: str) -> DeliveryError:
    refused, deferred = sorted_out(replies, [password])
    told = "; ".join(f"{address}: {said}" for address, said in {**refused, **deferred}.items())
    message = f"The mail server takes mail, but not for every recipient: {told}. Check SENTRY_ALERT_EMAIL_RECIPIENTS."
    return DeliveryError("smtp_recipients", message, permanent=bool(refused), recipients=sorted(replies))


def greets_in_the_clear(host: str, port: int) -> bool:
    """Whether somebody there says something before we do, as SMTP without TLS begins."""
    try:
        with socket.create_connection((host, port), timeout=PORT_SECONDS) as connection:
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
            socket.create_connection((host, port), timeout=PORT_SECONDS) as connection,
            context.wrap_socket(connection, server_hostname=host),
        ):
            return True
    except OSError:
        return False
