"""Slack's buttons: a signed request in, an acknowledgement or a silence out, and a sentence to whoever pressed.

Slack wants its answer within three seconds and shows nothing of it. So it gets an empty one as soon as the deed is
done, and the sentence follows through the address that came with the click. The card follows at the channel's pace.
"""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from slack_sdk.signature import SignatureVerifier

from alerting.actions import once, perform, scope
from alerting.actions.perform import Actor
from alerting.errors import ActionError
from alerting.incidents.models import Incident
from alerting.notifiers import registry
from alerting.notifiers.escape import one_line
from alerting.notifiers.slack import slack_answer
from alerting.outbox import cards
from alerting.status import access

logger = logging.getLogger(__name__)

SILENCE = timedelta(hours=1)
# Of Slack's three, for another writer of the database to finish.
PATIENCE_SECONDS = 2.0
# What reading a payload of another shape raises, times out of the calendar and endless nesting among it.
NO_CLICK = (ValueError, KeyError, TypeError, IndexError, AttributeError, OverflowError, OSError, RecursionError)

NOT_KEPT = "Nothing was done: this incident is not kept any more."
NO_BUTTON = "Nothing was done: this version of the service does not know that button."
NOT_TAKEN = "Nothing was done, since our database takes no changes just now: press again in a minute."


@dataclass(frozen=True, slots=True)
class Click:
    """Who pressed which button of which incident's card, and when.

    Whoever has `response_url` can write to who clicked: it is for this one answer, and is shown and kept nowhere.
    """

    button: str
    incident: UUID
    at: datetime
    user: str
    user_id: str
    response_url: str = field(repr=False)


class Reply(HttpResponse):
    """An empty answer; once it has been sent, `then` is called, with the connection to the database given back."""

    def __init__(self, then: Callable[[], None], **arguments: Any) -> None:
        super().__init__(**arguments)
        self._then = then

    def close(self) -> None:
        super().close()
        self._then()


@csrf_exempt
@require_POST
def receive(request: HttpRequest) -> HttpResponse:
    """One click. Anything unsigned, or signed more than five minutes ago, is refused without a word why."""
    if not settings.SLACK_SIGNING_SECRET:
        return HttpResponse(status=404)
    if not _is_signed(request):
        return HttpResponse(status=401)
    try:
        click = _click(request.POST.get("payload", ""))
    except NO_CLICK:
        logger.warning("Slack sent a signed request that is no click on a button of ours")
        return HttpResponse(status=400)
    now, fault = datetime.now(UTC), ""
    try:
        said = once.answered(request.body, lambda: _carry_out(click, now), now, seconds=PATIENCE_SECONDS)
    except Error as error:
        said, fault = NOT_TAKEN, f"The database took no change ({type(error).__name__})"

    def tell() -> None:
        slack_answer.tell(click.response_url, said, settings.SLACK_API_URL)

    # Slack marks a click whose answer is no success. Django logs the reason, in one line.
    return Reply(tell, status=503, reason=fault) if fault else Reply(tell)


def _is_signed(request: HttpRequest) -> bool:
    """Whether Slack signed this body within the last five minutes, which is how long slack_sdk's verifier takes it."""
    verifier = SignatureVerifier(settings.SLACK_SIGNING_SECRET)
    try:
        return verifier.is_valid_request(request.body, dict(request.headers))
    except (ValueError, TypeError, OverflowError):
        # A time that is no number, or none of this world; a body or a signature that is no text.
        return False


def _click(payload: str) -> Click:
    """The click in a payload of the kind block_actions. Raises one of NO_CLICK where it is none."""
    found = json.loads(payload)
    action, user = found["actions"][0], found["user"]
    return Click(
        button=str(action["action_id"]),
        incident=UUID(str(action["value"])),
        at=datetime.fromtimestamp(float(action["action_ts"]), UTC).replace(microsecond=0),
        user=one_line(str(user.get("username") or user.get("name") or user["id"]), access.NAME_LIMIT),
        user_id=str(user["id"]),
        response_url=str(found.get("response_url") or ""),
    )


def _carry_out(click: Click, now: datetime) -> str:
    """Do what the button stands for; what came of it, in a sentence for whoever pressed it."""
    incident, deed = Incident.objects.filter(uid=click.incident).first(), DEEDS.get(click.button)
    if incident is None:
        return NOT_KEPT
    if deed is None:
        return NO_BUTTON
    try:
        return deed(incident, click, now)
    except ActionError as error:
        return str(error)


def _acknowledge(incident: Incident, click: Click, now: datetime) -> str:
    found, is_new = perform.acknowledge(incident.pk, _actor(click), now)
    if is_new:
        return "You have it: no more reminders."
    who = "You have" if (found.by, found.via) == (click.user, "slack") else f"{found.by} has"
    return f"{who} it already, since {found.at:%H:%M} UTC."


def _silence(incident: Incident, click: Click, now: datetime) -> str:
    # An hour from the click and not from its arrival; from its arrival where the click is dated later.
    about = scope.About(incident.rule, incident.project or incident.project_id_text)
    ends_at = (min(click.at, now) + SILENCE).replace(microsecond=0)
    made = perform.silence(about, ends_at, "silenced for an hour from Slack", _actor(click), now, incident)
    if made.created_at == now:
        note = f"Silenced by {made.by} until {made.ends_at:%H:%M} UTC ({about})."
        cards.add_note(incident.uid.hex, registry.with_cards(), note, now)
    return f"Silent until {made.ends_at:%H:%M} UTC about {about}. What is still broken then is told then."


def _actor(click: Click) -> Actor:
    return Actor(click.user, "slack", click.user_id)


DEEDS: Mapping[str, Callable[[Incident, Click, datetime], str]] = {"acknowledge": _acknowledge, "silence": _silence}
