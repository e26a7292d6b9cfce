"""`alerting outbox`: what is owed to whom, why it did not arrive, and what to do about it."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from alerting import config
from alerting.commands import database, listing
from alerting.notifiers import words
from alerting.notifiers.escape import terminal

if TYPE_CHECKING:
    from alerting.outbox.models import Channel, Message

app = typer.Typer(help="Notices owed, sent and refused.", no_args_is_help=True)
Ids = Annotated[list[int], typer.Argument(help="Message ids as `alerting outbox list` shows them.")]
SHOWN = ("channel", "kind", "state", "attempts", "created_at", "due_at", "sent_at", "error", "dedupe_key")
DUE = ("pending", "sending")
UNSENT = (*DUE, "failed")


@app.callback()
def _ready() -> None:
    database.ready()


@app.command("list")
def list_messages(
    everything: Annotated[bool, typer.Option("--all", help="Also what was sent, folded or discarded.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many, newest first.")] = 50,
    as_json: listing.AsJson = False,
) -> None:
    """What has not arrived yet, and the channels' state."""
    from alerting.outbox.models import Channel, Message

    channels = list(Channel.objects.order_by("name"))
    rows = Message.objects.order_by("-id")
    found = list((rows if everything else rows.filter(state__in=UNSENT))[:limit])
    if as_json:
        listing.as_data({"channels": [_state(each) for each in channels], "messages": [_data(each) for each in found]})
        return
    for channel in channels:
        listing.sentence(_stands(channel), f"{terminal(channel.name)}: ")
    nothing = "No notices yet." if everything else "Nothing is owed."
    nothing = nothing if config.current().channels else f"{nothing} No channel is enabled."
    listing.show([_row(each) for each in found], nothing=nothing, prose={"delivery"})


def _stands(channel: "Channel") -> str:
    """Whether it is open, else since when it is not, why, and when it is tried again."""
    last = f"last sent {listing.at_second(channel.last_sent_at)}" if channel.last_sent_at else "nothing sent yet"
    if not channel.broken_reason:
        return f"open, {last}"
    again = f"from {channel.open_at:%H:%M:%S} UTC" if channel.open_at > datetime.now(UTC) else "now"
    since = f"{listing.at_second(channel.broken_at)}: {channel.broken_reason}"
    return f"broken since {since}, tried again {again} with the next notice, {last}"


def _row(message: "Message") -> dict[str, Any]:
    return {
        "id": message.pk,
        "channel": message.channel,
        "state": message.state,
        "what": words.tag(message.kind),
        "project": str(message.payload.get("project", "")),
        "delivery": _delivery(message),
    }


def _delivery(message: "Message") -> str:
    """How often it was tried, when that was or is due again, and what the channel said."""
    tries = f"tried {message.attempts} time{'' if message.attempts == 1 else 's'}" if message.attempts else "not tried"
    when = ""
    if message.sent_at:
        when = f", sent {listing.at(message.sent_at)} UTC"
    elif message.state in DUE:
        when = f", due {listing.at(message.due_at)} UTC"
    return f"{tries}{when}: {message.error}" if message.error else f"{tries}{when}"


def _data(message: "Message") -> dict[str, Any]:
    return {
        "id": message.pk,
        "channel": message.channel,
        "state": message.state,
        "kind": message.kind,
        "project": message.payload.get("project") or None,
        "attempts": message.attempts,
        "created": message.created_at,
        "due": message.due_at if message.state in DUE else None,
        "sent": message.sent_at,
        "error": message.error or None,
    }


def _state(channel: "Channel") -> dict[str, Any]:
    return {
        "name": channel.name,
        "broken": channel.broken_reason or None,
        "broken_since": channel.broken_at if channel.broken_reason else None,
        "last_sent": channel.last_sent_at,
        "last_error": channel.last_error or None,
    }


@app.command()
def show(
    message_id: Annotated[int, typer.Argument(help="A message's id, as `alerting outbox list` shows it.")],
    as_json: listing.AsJson = False,
) -> None:
    """One message whole, as every channel would tell it."""
    from alerting.notifiers.render import as_text, view
    from alerting.outbox.message import Notice

    message = _message(message_id)
    if as_json:
        listing.as_data({**{name: getattr(message, name) for name in ("id", *SHOWN)}, "notice": message.payload})
        return
    for name in SHOWN:
        listing.pair(name.replace("_", " "), getattr(message, name))
    typer.echo()
    for line in as_text(view(Notice.from_json(message.payload))).split("\n"):
        begin = line[: len(line) - len(line.lstrip())]
        listing.sentence(line, begin)


@app.command()
def retry(message_ids: Ids) -> None:
    """Owe messages again, now.

    Also opens their channel if it was stopped.
    """
    from alerting.outbox import channels, repairs

    for message_id in message_ids:
        message = _message(message_id)
        if not repairs.retry(message, datetime.now(UTC)):
            _refuse(f"Message {message_id} is {message.state}: only pending, failed or discarded ones can be retried.")
        channels.reopen(message.channel, datetime.now(UTC))
        typer.echo(f"Message {message_id} is due now; the worker sends it within seconds.")


@app.command()
def reopen(channel: Annotated[str, typer.Argument(help="A channel as `alerting outbox list` names it.")]) -> None:
    """Use a stopped channel again.

    After what it refused us for has been mended.
    """
    from alerting.outbox import broken_channels
    from alerting.outbox.models import Channel

    enabled = config.current().channels
    if channel not in enabled:
        listed = f"enabled are {', '.join(enabled)}" if enabled else "none is enabled"
        _refuse(f"There is no channel {terminal(channel, 40)} here: {listed}.")
    if not Channel.objects.filter(name=channel).exclude(broken_reason="").exists():
        typer.echo(f"{channel} is not stopped: there is nothing to reopen.")
        return
    owed = broken_channels.reopen(channel, datetime.now(UTC))
    again = f", with {owed} notice{'s' if owed != 1 else ''} it had refused" if owed else ""
    typer.echo(f"{channel} is open again{again}; what waits for it goes out within seconds.")


@app.command()
def discard(message_ids: Ids) -> None:
    """Give messages up: they will not be sent."""
    from alerting.outbox import repairs

    for message_id in message_ids:
        message = _message(message_id)
        if not repairs.discard(message):
            _refuse(f"Message {message_id} is {message.state}: only pending or failed ones can be discarded.")
        typer.echo(f"Message {message_id} is discarded.")


def _message(message_id: int) -> "Message":
    from alerting.outbox.models import Message

    message = Message.objects.filter(pk=message_id).first()
    if message is None:
        _refuse(f"There is no message {message_id}; `alerting outbox list --all` shows what there is.")
    return message


def _refuse(sentence: str) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(1)
