"""Trying Slack for real without posting anything."""

from alerting.config import Settings
from alerting.errors import DeliveryError
from alerting.findings import Finding, Status, refused
from alerting.notifiers.escape import one_line
from alerting.notifiers.slack.notifier import SEND_SECONDS, RefusedError, ask, ask_api, within
from alerting.notifiers.slack.slack_http import Bot, Transport, Webhook, parsed

# What a living webhook answers to a message without words; a dead one says no_service, with nothing posted either way.
_ALIVE = frozenset({"no_text", "invalid_payload"})
# A refusal that holds one of these says itself what to do.
_NAMED = ("SENTRY_SLACK_", "/invite")


def check(settings: Settings) -> Finding:
    """Ask Slack whether the webhook lives or the token is good; nothing is posted."""
    if not settings.SENTRY_SLACK_ALERTS_ENABLED:
        target = settings.SENTRY_SLACK_WEBHOOK_URL or settings.SENTRY_SLACK_BOT_TOKEN
        to = " (a target is set, though)" if target else ""
        advice = "Set SENTRY_SLACK_ALERTS_ENABLED=true and SENTRY_SLACK_WEBHOOK_URL."
        return Finding("Slack", Status.NOT_CONFIGURED, f"SENTRY_SLACK_ALERTS_ENABLED is false{to}", advice)
    try:
        return Finding("Slack", Status.PASS, handshake(settings))
    except DeliveryError as error:
        variable = "SENTRY_SLACK_BOT_TOKEN" if settings.SENTRY_SLACK_BOT_TOKEN else "SENTRY_SLACK_WEBHOOK_URL"
        return refused("Slack", error, _NAMED, f"Check {variable} and the app behind it in Slack.")


def handshake(settings: Settings) -> str:
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
