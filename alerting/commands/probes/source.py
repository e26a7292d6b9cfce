"""Sentry, tried: as the source of readings, and as the place our own errors go to."""

from urllib.parse import urlsplit

from alerting.config import Settings
from alerting.findings import Finding, Status
from alerting.poll.budget import LocalBudget
from alerting.poll.client import SentryClient
from alerting.poll.inspection import Level, Observation, inspect
from alerting.poll.sentry import SentrySource

QUESTION_SECONDS = 8.0
STATUS = {Level.GOOD: Status.PASS, Level.DOUBTFUL: Status.WARNING, Level.BROKEN: Status.FAIL}


def sentry(settings: Settings) -> Finding | list[Finding]:
    """Ask the configured Sentry everything a tick asks; nothing is remembered, so the database is not needed."""
    part = "Sentry"
    if settings.SENTRY_AUTH_TOKEN is None:
        advice = (
            "Create an internal integration in Sentry (Settings → Developer Settings) with read access to "
            "Organization, Project and Issue & Event; set SENTRY_AUTH_TOKEN and SENTRY_ORG."
        )
        return Finding(part, Status.NOT_CONFIGURED, "SENTRY_AUTH_TOKEN is not set: nothing is polled", advice)
    source = SentrySource(
        SentryClient(settings.SENTRY_URL, settings.secret("SENTRY_AUTH_TOKEN"), LocalBudget()),
        settings.SENTRY_ORG,
        projects=settings.SENTRY_PROJECT,
        environments=settings.SENTRY_ALERT_ENVIRONMENTS,
        traces_sample_rate=settings.traces_sample_rate,
        question_seconds=QUESTION_SECONDS,
    )
    return [Finding(part, STATUS[seen.level], seen.said, _advice(seen)) for seen in inspect(source)]


def _advice(seen: Observation) -> str:
    """What to do; many failures say it themselves, by the name of the variable to look at."""
    if seen.advice or seen.level is not Level.BROKEN or "SENTRY_" in seen.said:
        return seen.advice
    return "Check that SENTRY_URL is the address of your Sentry's web interface, and SENTRY_AUTH_TOKEN a token of it."


def own_errors(settings: Settings) -> Finding:
    """Whether errors of this service itself, and its heartbeat, reach a Sentry."""
    part = "Own errors"
    if settings.SENTRY_DSN is None:
        advice = "Set SENTRY_DSN to see errors of this service in Sentry as well."
        return Finding(part, Status.NOT_CONFIGURED, "SENTRY_DSN is not set: the SDK is off", advice)
    parts = urlsplit(settings.secret("SENTRY_DSN"))
    project = parts.path.rsplit("/", 1)[-1]
    return Finding(part, Status.PASS, f"SENTRY_DSN is set: project {project} on {parts.hostname}")
