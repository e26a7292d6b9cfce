"""One press of one of our buttons, read from what Slack sends."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from alerting.notifiers.escape import one_line

NAME_LIMIT = 80
# What reading a payload of another shape raises, times out of the calendar and endless nesting among it.
NO_CLICK = (ValueError, KeyError, TypeError, IndexError, AttributeError, OverflowError, OSError, RecursionError)


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


def read(payload: str) -> Click:
    """The click in a payload of the kind block_actions. Raises one of NO_CLICK where it is none."""
    found = json.loads(payload)
    action, user = found["actions"][0], found["user"]
    return Click(
        button=str(action["action_id"]),
        incident=UUID(str(action["value"])),
        at=datetime.fromtimestamp(float(action["action_ts"]), UTC).replace(microsecond=0),
        user=one_line(str(user.get("username") or user.get("name") or user["id"]), NAME_LIMIT),
        user_id=str(user["id"]),
        response_url=str(found.get("response_url") or ""),
    )
