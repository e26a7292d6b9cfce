"""Slack's buttons: a signed request in, an acknowledgement or a silence out, answered at once.

The card follows at the channel's pace; this answer only tells Slack that the click has arrived.
"""

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from slack_sdk.signature import SignatureVerifier

from alerting.actions import perform
from alerting.errors import ActionError
from alerting.incidents.models import Incident
from alerting.notifiers.escape import one_line
from alerting.outbox import cards

logger = logging.getLogger(__name__)

SILENCE = timedelta(hours=1)
# What reading a payload of another shape raises, times out of the calendar and endless nesting among it.
NO_CLICK = (ValueError, KeyError, TypeError, IndexError, AttributeError, OverflowError, OSError, RecursionError)


@csrf_exempt
@require_POST
def receive(request: HttpRequest) -> HttpResponse:
    """One click. Anything unsigned, or signed more than five minutes ago, is refused without a word why."""
    if not settings.SLACK_SIGNING_SECRET:
        return HttpResponse(status=404)
    if not _is_signed(request):
        return HttpResponse(status=401)
    try:
        click = json.loads(request.POST.get("payload", ""))
        said = _perform(click)
    except ActionError as error:
        said = str(error)
    except (*NO_CLICK, ValidationError):
        logger.warning("Slack sent a signed request that is no click on a button of ours")
        return HttpResponse(status=400)
    # Slack shows this where it shows answers to clicks at all; what counts stands on the card, which is edited.
    return JsonResponse({"response_type": "ephemeral", "replace_original": False, "text": said})


def _is_signed(request: HttpRequest) -> bool:
    """Whether Slack signed this body within the last five minutes, which is how long slack_sdk's verifier takes it."""
    verifier = SignatureVerifier(settings.SLACK_SIGNING_SECRET)
    try:
        return verifier.is_valid_request(request.body, dict(request.headers))
    except (ValueError, TypeError, OverflowError):
        # A time that is no number, or none of this world; a body or a signature that is no text.
        return False


def _perform(click: Mapping[str, Any]) -> str:
    """Do what the button stands for; repeating it, as Slack does when it is in doubt, changes nothing."""
    action = click["actions"][0]
    incident = Incident.objects.filter(uid=str(action["value"])).first()
    if incident is None:
        raise ActionError("This incident is not kept any more.")
    user = click["user"]
    who = perform.Actor(
        one_line(str(user.get("username") or user.get("name") or user["id"]), 80), "slack", str(user["id"])
    )
    now = datetime.now(UTC)
    if action["action_id"] == "acknowledge":
        found, is_new = perform.acknowledge(incident.pk, who, now)
        said = "You have it: no more reminders." if is_new else f"{found.by} has it already."
    elif action["action_id"] == "silence":
        # Dated by the click and not by its arrival, so that a repeated request is the same silence.
        clicked = datetime.fromtimestamp(float(action["action_ts"]), UTC).replace(microsecond=0)
        about = perform.About(incident.rule, incident.project)
        made = perform.silence(about, clicked + SILENCE, "silenced for an hour from Slack", who, now)
        if made.created_at == now:
            cards.add_note(incident.uid.hex, f"Silenced by {made.by} until {made.ends_at:%H:%M} UTC ({about}).", now)
        said = f"Silent about {about} for an hour. What is still broken then is told then."
    else:
        raise KeyError(action["action_id"])
    return said
