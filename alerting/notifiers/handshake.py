"""Trying a channel for real without sending anything, for `alerting check`."""

from email.utils import parseaddr

from alerting.config import Settings
from alerting.errors import DeliveryError
from alerting.notifiers import registry
from alerting.notifiers.email import mail_ports
from alerting.notifiers.email.smtp_replies import Replies, delivery_error, sorted_out
from alerting.notifiers.escape import one_line
from alerting.notifiers.slack.notifier import SEND_SECONDS, RefusedError, ask, ask_api, within
from alerting.notifiers.slack.slack_http import Bot, Transport, Webhook, parsed

_NOTHING_SAID = frozenset({"tls", "timeout", "connection_lost"})
# What a living webhook answers to a message without words; a dead one says no_service, with nothing posted either way.
_ALIVE = frozenset({"no_text", "invalid_payload"})


def email(settings: Settings) -> str:
    """Do all that a mail begins with, short of its content. Returns what worked; raises DeliveryError."""
    host, port = settings.EMAIL_HOST, settings.EMAIL_PORT
    if not settings.EMAIL_USE_SSL and not mail_ports.greets_in_the_clear(host, port):
        _refuse_tls_from_the_first_byte(settings)
    connection = registry.mail_connection(settings)
    password = settings.secret("EMAIL_HOST_PASSWORD")
    failure: DeliveryError | None = None
    try:
        connection.rehearse(parseaddr(settings.DEFAULT_FROM_EMAIL)[1], settings.SENTRY_ALERT_EMAIL_RECIPIENTS)
    except Exception as error:  # noqa: BLE001  every failure is one of the channel's
        failure = delivery_error(error, [password], host=host, too_slow=connection.too_slow)
    unspoken = settings.EMAIL_USE_SSL and failure is not None and failure.reason in _NOTHING_SAID
    if unspoken and mail_ports.greets_in_the_clear(host, port):
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
    if mail_ports.begins_with_tls(settings.EMAIL_HOST, settings.EMAIL_PORT):
        instead = " and EMAIL_USE_TLS=false" if settings.EMAIL_USE_TLS else ""
        place = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
        message = f"{place} speaks TLS from the first byte. Set EMAIL_USE_SSL=true{instead}."
        raise DeliveryError("smtp_tls_first", message, permanent=True)


def _some_refused(replies: Replies, password: str) -> DeliveryError:
    refused, deferred = sorted_out(replies, [password])
    told = "; ".join(f"{address}: {said}" for address, said in {**refused, **deferred}.items())
    message = f"The mail server takes mail, but not for every recipient: {told}. Check SENTRY_ALERT_EMAIL_RECIPIENTS."
    return DeliveryError("smtp_recipients", message, permanent=bool(refused), recipients=sorted(replies))


def slack(settings: Settings) -> str:
    """Ask Slack who we are (bot), or whether the webhook lives. Returns what worked; raises DeliveryError."""
    is_bot = settings.SENTRY_SLACK_BOT_TOKEN is not None
    outcome = within(SEND_SECONDS, lambda transport: (_bot if is_bot else _webhook)(settings, transport))
    if isinstance(outcome, DeliveryError):
        raise outcome
    return outcome


def _bot(settings: Settings, transport: Transport) -> str:
    client = Bot(settings.secret("SENTRY_SLACK_BOT_TOKEN"), settings.SENTRY_SLACK_API_URL, transport)
    answer = ask_api(transport, client, "auth.test", {})
    scopes = answer.headers.get("x-oauth-scopes", "")
    if scopes and "chat:write" not in {scope.strip() for scope in scopes.split(",")}:
        message = "The token lacks the scope chat:write. Add it to the app and install the app again."
        raise RefusedError(DeliveryError("missing_scope", message, permanent=True))
    said = parsed(answer)
    who, team = (one_line(str(said.get(key) or "unknown"), 80) for key in ("user", "team"))
    return f"the token is valid: {who} in {team}, posting to {settings.SENTRY_SLACK_CHANNEL}"


def _webhook(settings: Settings, transport: Transport) -> str:
    client = Webhook(settings.secret("SENTRY_SLACK_WEBHOOK_URL"), transport)
    try:
        ask(transport, lambda: client.send_dict({"text": ""}))
    except RefusedError as no:
        if no.error.reason not in _ALIVE:
            raise
    return "the webhook is alive (asked with an empty message, so nothing was posted)"
