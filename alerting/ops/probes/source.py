"""Sentry, tried: as the source of readings, and as the place our own errors go to."""

from urllib.parse import urlsplit

from alerting.config import Settings
from alerting.ops.findings import Finding, Status


def sentry(settings: Settings) -> Finding:
    """Ask the configured Sentry what the token may read and which datasets it serves."""
    part = "Sentry"
    if settings.SENTRY_AUTH_TOKEN is None:
        advice = (
            "Create an internal integration in Sentry (Settings → Developer Settings) with read access to "
            "Organization, Project and Issue & Event; set SENTRY_AUTH_TOKEN and SENTRY_ORG."
        )
        return Finding(part, Status.NOT_CONFIGURED, "SENTRY_AUTH_TOKEN is not set: nothing is polled", advice)
    raise NotImplementedError


def own_errors(settings: Settings) -> Finding:
    """Whether errors of this service itself, and its heartbeat, reach a Sentry."""
    part = "Own errors"
    if settings.SENTRY_DSN is None:
        advice = "Set SENTRY_DSN to see errors of this service in Sentry as well."
        return Finding(part, Status.NOT_CONFIGURED, "SENTRY_DSN is not set: the SDK is off", advice)
    parts = urlsplit(settings.secret("SENTRY_DSN"))
    project = parts.path.rsplit("/", 1)[-1]
    return Finding(part, Status.PASS, f"SENTRY_DSN is set: project {project} on {parts.hostname}")
