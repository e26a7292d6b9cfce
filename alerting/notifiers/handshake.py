"""Trying a channel for real without sending anything, for `alerting check`."""

from alerting.config import Settings
from alerting.errors import DeliveryError
from alerting.notifiers import registry
from alerting.notifiers.escape import one_line
from alerting.notifiers.slack import SEND_SECONDS, RefusedError, ask, ask_api, within
from alerting.notifiers.slack_http import Bot, Transport, Webhook, parsed
from alerting.notifiers.smtp_replies import delivery_error

# What a living webhook answers to a message without words; a dead one says no_service, with nothing posted either way.
_ALIVE = frozenset({"no_text", "invalid_payload"})


def email(settings: Settings) -> str:
    """Connect, encrypt and log in as for a mail. Returns what worked; raises DeliveryError."""
    connection = registry.mail_connection(settings)
    failure: DeliveryError | None = None
    try:
        connection.handshake()
    except Exception as error:  # noqa: BLE001  every failure is one of the channel's
        failure = delivery_error(
            error, [settings.secret("EMAIL_HOST_PASSWORD")], host=settings.EMAIL_HOST, too_slow=connection.too_slow
        )
    if failure is not None:
        raise failure
    safety = "TLS" if settings.EMAIL_USE_SSL else "STARTTLS" if settings.EMAIL_USE_TLS else "unencrypted"
    login = f"logged in as {settings.EMAIL_HOST_USER}" if settings.EMAIL_HOST_USER else "no login"
    return f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT} answers ({safety}, {login})"


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
