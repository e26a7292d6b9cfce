"""The channels, tried without sending anything, and the rules nobody would hear of."""

from django.db import DatabaseError, connection

from alerting import config
from alerting.config import Settings
from alerting.findings import Finding, Status
from alerting.notifiers import registry
from alerting.notifiers.base import Channel
from alerting.outbox import models
from alerting.rules import catalog


def channel(each: Channel, settings: Settings) -> Finding:
    """Try the channel; one that answers may still be stopped."""
    found = each.check(settings)
    return (_stopped(each.name) or found) if found.status is Status.PASS else found


def rules(settings: Settings) -> Finding:
    """Every rule should have somebody to tell."""
    every = catalog.build(settings)
    told = {rule: registry.told_of(rule.severity) for rule in every}
    mute = [rule for rule in every if not set(told[rule]) & set(settings.channels)]
    names = ", ".join(rule.name for rule in mute)
    if len(mute) == len(every):
        advice = f"Set {' or '.join(config.switches().values())} to true: incidents are recorded, but nobody is told."
        return Finding("Rules", Status.WARNING, f"none of {len(every)} rules has an enabled channel", advice)
    if mute:
        missing = " or ".join(sorted({name for rule in mute for name in told[rule]}))
        return Finding("Rules", Status.WARNING, f"nobody is told about {names}", f"They go to {missing}: enable it.")
    return Finding("Rules", Status.PASS, f"{len(every)} rules, each with an enabled channel")


def _stopped(channel: str) -> Finding | None:
    """What a channel that answers us was stopped for, if it was; the database may be away, which another part says."""
    try:
        row = models.Channel.objects.filter(name=channel).exclude(broken_reason="").first()
    except DatabaseError:
        return None
    finally:
        connection.close()
    if row is None:
        return None
    since = f"since {row.broken_at:%Y-%m-%d %H:%M} UTC" if row.broken_at else "for a while"
    said = f"it answers, but refuses our notices {since} ({row.broken_reason}), so they take the other way"
    advice = f"Once that is mended: `alerting outbox reopen {channel}`, or restart the worker."
    return Finding(channel.capitalize(), Status.WARNING, said, advice)
