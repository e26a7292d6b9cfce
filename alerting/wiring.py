"""From the configuration to the parts the pipeline runs on. The only place that knows every stage's constructor."""

import hashlib
from datetime import timedelta

from alerting.actions import mutes
from alerting.complete_notices import Completion
from alerting.config import Settings
from alerting.config_files import is_secret
from alerting.incidents.desk import Desk, Escalation
from alerting.incidents.lifecycle import Policy
from alerting.incidents.links import Links
from alerting.incidents.stored_facts import DatabaseFacts
from alerting.notifiers import registry
from alerting.parts import Parts
from alerting.poll.background import Background
from alerting.poll.budget import Budget
from alerting.poll.client import SentryClient
from alerting.poll.sentry import SentrySource
from alerting.rules import catalog

# What is meant as "for ever" must not carry a date out of the calendar.
LONGEST_SECONDS = 10 * 365 * 86_400
WATCHED_SETTINGS = ("SENTRY_URL", "SENTRY_ORG", "SENTRY_PROJECT", "SENTRY_ALERT_ENVIRONMENTS", "SENTRY_ERROR_LEVELS")


def policy(settings: Settings) -> Policy:
    """How long things must hold, from the environment."""
    return Policy(
        keep_firing=timedelta(seconds=min(settings.SENTRY_ALERT_KEEP_FIRING_SECONDS, LONGEST_SECONDS)),
        repeat=timedelta(seconds=min(settings.SENTRY_ALERT_REPEAT_SECONDS, LONGEST_SECONDS)),
        worse_reference=timedelta(seconds=2 * settings.SENTRY_POLL_INTERVAL_SECONDS),
    )


def source(settings: Settings, budget: Budget) -> SentrySource:
    """The Sentry that is configured."""
    client = SentryClient(settings.SENTRY_URL, settings.secret("SENTRY_AUTH_TOKEN"), budget)
    return SentrySource(
        client,
        settings.SENTRY_ORG,
        projects=settings.SENTRY_PROJECT,
        environments=settings.SENTRY_ALERT_ENVIRONMENTS,
        levels=settings.SENTRY_ERROR_LEVELS,
        facts=DatabaseFacts(),
        traces_sample_rate=settings.traces_sample_rate,
    )


def parts(settings: Settings, budget: Budget) -> Parts:
    """Everything a worker process needs; nothing is connected yet."""
    rules, sentry = catalog.build(settings), source(settings, budget)
    return Parts(
        rules=rules,
        source=sentry,
        notifiers=registry.build(settings),
        desk=Desk(
            policy=policy(settings),
            channels={name: registry.channel(name).severities for name in settings.channels},
            links=Links(settings.SENTRY_URL, settings.SENTRY_ORG),
            environment=",".join(settings.SENTRY_ALERT_ENVIRONMENTS),
            escalation=escalation(settings),
            quiet_at=mutes.at,
            interval_seconds=settings.SENTRY_POLL_INTERVAL_SECONDS,
            settle_seconds=settings.SENTRY_SETTLE_SECONDS,
            catch_up_seconds=min(settings.SENTRY_CATCH_UP_SECONDS, LONGEST_SECONDS),
            watched=watched(settings),
        ),
        fingerprints={name: fingerprint(settings, name) for name in settings.channels},
        configuration=configuration(settings),
        completion=Completion(Background(sentry), {rule.name: rule for rule in rules}),
    )


def configuration(settings: Settings) -> str:
    """A hash of all that decides what is polled, judged and told: workers on one database should agree on it."""
    plain = [
        name for name, field in Settings.model_fields.items() if name.startswith("SENTRY_") and not is_secret(field)
    ]
    values = [f"{name}={getattr(settings, name)}" for name in plain]
    values += [fingerprint(settings, channel) for channel in settings.channels]
    return hashlib.sha256("\x00".join(values).encode()).hexdigest()[:8]


def watched(settings: Settings) -> str:
    """A hash of what is read of which Sentry: numbers of the past compare only under the same."""
    values = [str(getattr(settings, name)) for name in WATCHED_SETTINGS]
    return hashlib.sha256("\x00".join(values).encode()).hexdigest()[:16]


def escalation(settings: Settings) -> Escalation | None:
    """To whom what nobody acknowledges goes, None where that is off."""
    if not settings.SENTRY_ALERT_ESCALATE_AFTER_SECONDS:
        return None
    return Escalation(
        timedelta(seconds=min(settings.SENTRY_ALERT_ESCALATE_AFTER_SECONDS, LONGEST_SECONDS)),
        {each.name: towards for each in registry.CHANNELS if (towards := each.escalation(settings))},
    )


def fingerprint(settings: Settings, channel: str) -> str:
    """A hash of a channel's configuration: a changed one reopens a broken channel."""
    values = [
        settings.secret(name) if is_secret(Settings.model_fields[name]) else str(getattr(settings, name))
        for name in registry.channel(channel).settings
    ]
    return hashlib.sha256("\x00".join(values).encode()).hexdigest()[:16]
