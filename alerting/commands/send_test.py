"""`alerting send-test`: one of every kind of notice, marked as a test, through the real channels."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from alerting import config
from alerting.commands import database
from alerting.commands.failures import CommandError
from alerting.config import Settings
from alerting.errors import DeliveryError
from alerting.examples.every_kind import every_kind
from alerting.notifiers import registry
from alerting.notifiers.base import Notifier
from alerting.notifiers.escape import terminal
from alerting.outbox.message import Kind, Notice

MOST_FAILURES = 3
CHOICE = " or ".join(channel.name for channel in registry.CHANNELS)
NOTE = "This is a test that somebody sent with `alerting send-test`: nothing of it has happened."


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one notice on one channel; `trouble` is empty where it was taken."""

    channel: str
    name: str
    trouble: str = ""


def send_test(
    channel: Annotated[str, typer.Option(help=f"Only this one: {CHOICE}.")] = "",
) -> None:
    """Send one of every kind of notice, marked as a test.

    To who is told in earnest, through the real channels; exit status 1 where one is not taken.
    """
    settings = config.current()
    database.ready()
    notifiers = _chosen(settings, channel)
    failed = False
    pace = {each.name: each.capacity.pace.total_seconds() for each in registry.CHANNELS}
    for outcome in send(notifiers, settings, pace):
        failed = failed or bool(outcome.trouble)
        typer.echo(f"{outcome.channel:<6} {outcome.name:<20} {terminal(outcome.trouble) or 'sent'}")
    raise typer.Exit(int(failed))


def send(notifiers: Mapping[str, Notifier], settings: Settings, pace: Mapping[str, float]) -> Iterator[Outcome]:
    """Send everything, each channel at its pace in seconds.

    A channel that refuses for good, or three times in a row, is asked no further.
    """
    from alerting.outbox.broken_channels import ONE_NOTICE_ONLY

    run = datetime.now(UTC).strftime("%Y%m%d%H%M%S")
    for name, notifier in notifiers.items():
        failures, escalation = 0, registry.channel(name).escalation(settings)
        for number, (kind, notice) in enumerate(every_kind().items()):
            time.sleep(pace.get(name, 0.0) if number else 0.0)
            key = f"test-{run}-{number}"
            try:
                notifier.send(marked(notice, key, escalation), {}, f"{key}:{name}")
            except DeliveryError as error:
                yield Outcome(name, kind, f"refused: {error} ({error.reason})")
                failures += 1
                is_about_all = error.permanent and error.reason not in ONE_NOTICE_ONLY and not error.recipients
                if is_about_all or failures == MOST_FAILURES:
                    yield Outcome(name, "the others", "not tried: the channel would not take them either")
                    break
            else:
                failures = 0
                yield Outcome(name, kind)


def marked(notice: Notice, key: str, escalation: Mapping[str, Any]) -> Notice:
    """The example as a test: it says so, belongs to no incident, and an escalation goes where escalations go."""
    test = replace(notice, is_test=True, key=key, sequence=1, notes=(NOTE, *notice.notes))
    return replace(test, **escalation) if notice.kind is Kind.ESCALATED else test


def _chosen(settings: Settings, channel: str) -> Mapping[str, Notifier]:
    enabled = registry.build(settings)
    if channel and channel not in enabled:
        listed = f"enabled are {', '.join(enabled)}" if enabled else "none is enabled"
        raise CommandError(f"There is no channel {terminal(channel, 40)} here: {listed}.")
    if not enabled:
        raise CommandError(f"No channel is enabled: set {' or '.join(config.switches().values())} to true.")
    return {channel: enabled[channel]} if channel else enabled
