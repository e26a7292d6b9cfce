"""`alerting verify`: send real events, read them back, and fail if one is missing, ungrouped or tells a secret."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlsplit

import sentry_sdk
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from alerting import config
from alerting.commands import verify_causes
from alerting.commands.canaries import Canaries, Sent, send_all
from alerting.commands.wrapping import fitted
from alerting.config import Settings
from alerting.errors import ConfigError, SourceError, SourceFault
from alerting.notifiers.escape import terminal
from alerting.poll.budget import LocalBudget
from alerting.poll.client import Errand, SentryClient
from alerting.poll.organisation import Organisation
from alerting.poll.server_facts import MemoryFacts
from alerting.rules.answers import Priority
from alerting.sentry import SentrySetupError, init_sentry

PAUSE_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Found:
    """What came of one event that was sent."""

    sent: Sent
    arrived: bool
    group: str = ""
    leaks: tuple[str, ...] = ()


def verify(
    timeout: Annotated[float, typer.Option(min=1, max=600, help="Seconds to wait for the events.")] = 90.0,
) -> None:
    """Send events with planted secrets, and read them back.

    An error, a message and a transaction; fails if one is missing, ungrouped, or still holds a secret.
    """
    settings = config.load(need_source=True)
    dsn = settings.secret("SENTRY_DSN")
    if not dsn:
        raise ConfigError(["SENTRY_DSN: not set, so there is nowhere to send test events to"])
    console = Console(highlight=False, soft_wrap=True)
    console.print(Text(f"Sending to {masked(dsn)}, reading back from {settings.SENTRY_URL}"))
    canaries, transaction_ids = Canaries(), list[str]()

    def note_id(event: dict[str, Any], _hint: Any) -> dict[str, Any]:
        transaction_ids.append(str(event["event_id"]))
        return event

    try:
        init_sentry(traces_sample_rate=1.0, profiles_sample_rate=0.0, before_send_transaction=note_id)
    except SentrySetupError as error:
        raise ConfigError(error.problems) from None
    dropped = list[str]()
    sdk = sentry_sdk.get_client()
    if sdk.transport is not None:
        setattr(sdk.transport, "on_dropped_event", dropped.append)  # noqa: B010  a hook that its base class lacks
    sent = send_all(canaries, transaction_ids)
    sdk.close(timeout=2)
    found, unreadable = [Found(each, arrived=False) for each in sent], None
    if len(dropped) < len(sent):
        with console.status(f"Waiting up to {timeout:.0f} s until they can be read …"):
            found, unreadable = _read_back(settings, dsn, sent, canaries, time.monotonic() + timeout)
    failures = _judge(found)
    console.print(_table(found), soft_wrap=False)
    for failure in failures:
        console.print(Text(f"✗ {terminal(failure)}"))
    if not any(each.arrived for each in found):
        lost = dropped if len(dropped) >= len(sent) else ()
        why = verify_causes.cause(settings.SENTRY_URL, dsn, lost, unreadable, timeout)
        console.print(Text(fitted(console, terminal(why), 0)))
    if failures:
        raise typer.Exit(1)
    console.print(
        f"✓ {len(found)} events arrived, grouped as they should be; "
        f"none of the {len(canaries.planted)} planted secrets can be read in Sentry."
    )


def masked(dsn: str) -> str:
    """The DSN as it may be shown: host and project, without its key."""
    try:
        parts = urlsplit(dsn)
    except ValueError:
        return "***"
    return f"{parts.scheme}://***@{parts.netloc.rpartition('@')[2]}{parts.path}"


def _read_back(
    settings: Settings, dsn: str, sent: Sequence[Sent], canaries: Canaries, ends: float
) -> tuple[list[Found], SourceError | None]:
    """What came of all of them, and why the server cannot be asked for events at all, if it cannot."""
    client = SentryClient(settings.SENTRY_URL, settings.secret("SENTRY_AUTH_TOKEN"), LocalBudget())
    waiting, found = [each for each in sent if each.event_id], dict[str, Found]()
    unreadable: SourceError | None = None
    try:
        project = _project(client, settings.SENTRY_ORG, urlsplit(dsn).path.rsplit("/", 1)[-1])
        while waiting and time.monotonic() < ends:
            for each in list(waiting):
                event = _event(client, settings.SENTRY_ORG, project, each.event_id)
                if event is not None:
                    leaks = tuple(canaries.found_in(json.dumps(event, ensure_ascii=False)))
                    found[each.event_id] = Found(each, True, str(event.get("groupID") or ""), leaks)
                    waiting.remove(each)
            if waiting:
                time.sleep(PAUSE_SECONDS)
    except SourceError as error:
        if not error.no_path:
            raise
        unreadable = error
    return [found.get(each.event_id, Found(each, arrived=False)) for each in sent], unreadable


def _project(client: SentryClient, organisation: str, number: str) -> str:
    """The slug of the project with this id, which other servers want in a path; the id where nobody tells it."""
    errand = Errand(Priority.NORMAL, time.monotonic() + 10)
    try:
        known = Organisation(client, organisation, MemoryFacts()).inventory(errand)
    except SourceError as error:
        if error.fault is not SourceFault.FORBIDDEN:
            raise
        return number
    return next((slug for slug, found in known.ids.items() if found == number), number)


def _event(client: SentryClient, organisation: str, project: str, event_id: str) -> dict[str, Any] | None:
    path = f"/api/0/projects/{organisation}/{project}/events/{event_id}/"
    errand = Errand(Priority.NORMAL, time.monotonic() + 10)
    try:
        answer = client.get("project-event", path, (), errand).data
    except SourceError as error:
        if not error.no_path and error.fault in {
            SourceFault.NOT_FOUND,
            SourceFault.RATE_LIMITED,
            SourceFault.BUDGET,
            SourceFault.SERVER,
        }:
            return None
        raise
    return answer if isinstance(answer, dict) else None


def _judge(found: Sequence[Found]) -> list[str]:
    failures = [f"The {each.sent.what} could not be read back in time." for each in found if not each.arrived]
    if not any(each.sent.what == "transaction" for each in found):
        failures.append("The transaction was not sent at all.")
    failures += [
        f"The {each.sent.what} tells what was planted in its {', '.join(each.leaks)}." for each in found if each.leaks
    ]
    failures += [
        f"The {each.sent.what} belongs to no group."
        for each in found
        if each.arrived and not each.group and each.sent.what != "transaction"
    ]
    for family in {each.sent.family for each in found if each.sent.family}:
        groups = {each.group for each in found if each.sent.family == family and each.group}
        if len(groups) > 1:
            became = ", ".join(sorted(groups))
            failures.append(f"The {family} errors are not grouped: they differ only in values, and became {became}.")
    return failures


def _table(found: Sequence[Found]) -> Table:
    table = Table("event", "id", "arrived", "group", "planted secrets", box=None)
    for each in found:
        leaks = "–" if not each.arrived else ", ".join(each.leaks) or "none readable"
        cells = (each.sent.what, each.sent.event_id[:12], "yes" if each.arrived else "no", each.group or "–", leaks)
        table.add_row(*(Text(terminal(cell)) for cell in cells))
    return table
