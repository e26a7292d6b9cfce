"""The one list of channels: which notifier speaks to each enabled one."""

from alerting.config import Settings
from alerting.notifiers.base import Notifier
from alerting.notifiers.email.notifier import EmailNotifier
from alerting.notifiers.email.smtp import STEP_SECONDS, SmtpBackend
from alerting.notifiers.slack.notifier import BotMode, Mode, SlackNotifier, WebhookMode


def build(settings: Settings) -> dict[str, Notifier]:
    """A notifier for every enabled channel, by name; nothing is connected yet."""
    makers = {"email": email, "slack": slack}
    return {name: makers[name](settings) for name in settings.channels}


def email(settings: Settings) -> Notifier:
    """Mail to the configured recipients."""
    return EmailNotifier(
        settings.SENTRY_ALERT_EMAIL_RECIPIENTS,
        settings.DEFAULT_FROM_EMAIL,
        lambda: mail_connection(settings),
        environment=settings.SENTRY_ENVIRONMENT,
        page_url=settings.ALERTING_STATUS_URL,
    )


def slack(settings: Settings) -> Notifier:
    """Slack through the bot where there is a token, else through the webhook."""
    mode: Mode
    if settings.SENTRY_SLACK_BOT_TOKEN is not None:
        mode = BotMode(
            settings.secret("SENTRY_SLACK_BOT_TOKEN"), settings.SENTRY_SLACK_CHANNEL, settings.SENTRY_SLACK_API_URL
        )
    else:
        mode = WebhookMode(settings.secret("SENTRY_SLACK_WEBHOOK_URL"))
    return SlackNotifier(
        mode,
        environment=settings.SENTRY_ENVIRONMENT,
        page_url=settings.ALERTING_STATUS_URL,
        has_buttons=has_buttons(settings),
    )


def has_buttons(settings: Settings) -> bool:
    """Whether cards have them: a webhook's cannot be edited, and clicks that nobody can verify are not taken."""
    return settings.SENTRY_SLACK_BOT_TOKEN is not None and settings.SENTRY_SLACK_SIGNING_SECRET is not None


def mail_connection(settings: Settings) -> SmtpBackend:
    """A new connection to the configured mail server, not yet open."""
    return SmtpBackend(
        host=settings.EMAIL_HOST,
        port=settings.EMAIL_PORT,
        username=settings.EMAIL_HOST_USER,
        password=settings.secret("EMAIL_HOST_PASSWORD"),
        use_tls=settings.EMAIL_USE_TLS,
        use_ssl=settings.EMAIL_USE_SSL,
        timeout=STEP_SECONDS,
    )
