"""What Slack's refusals mean: whether trying again can help, and what a person has to do. Pure."""

import re
from datetime import datetime

from alerting.errors import DeliveryError
from alerting.http.exchange import Reply
from alerting.http.retry_after import retry_after
from alerting.notifiers.slack.slack_http import parsed

# Slack documents one message a second; a limit without Retry-After gets a little longer than that.
DEFAULT_RETRY_AFTER = 5.0
LONGEST_RETRY_AFTER = 3600.0

TOKEN = "Check SENTRY_SLACK_BOT_TOKEN."  # noqa: S105  a sentence
CHANNEL = "Check SENTRY_SLACK_CHANNEL."
WEBHOOK = "Make a new incoming webhook and set SENTRY_SLACK_WEBHOOK_URL."

# Slack's own names (docs of chat.postMessage, chat.update, auth.test, "Handling errors" of incoming webhooks).
PERMANENT: dict[str, str] = {
    "no_service": f"the webhook is disabled or was removed. {WEBHOOK}",
    "no_service_id": f"the webhook's address is not complete. {WEBHOOK}",
    "no_active_hooks": f"the webhook is disabled. {WEBHOOK}",
    "no_team": f"the workspace does not exist any more. {WEBHOOK}",
    "team_disabled": f"the workspace is disabled. {WEBHOOK}",
    "invalid_token": f"the webhook's address is not valid any more. {WEBHOOK}",
    "action_prohibited": "an administrator restricts this webhook. Ask them, or make a new one.",
    "channel_is_archived": "the channel is archived. Unarchive it, or choose another one.",
    "is_archived": "the channel is archived. Unarchive it, or set another SENTRY_SLACK_CHANNEL.",
    "channel_not_found": f"there is no such channel for this app, or the app is not in it. {CHANNEL}",
    "not_in_channel": "the app is not in the channel. Type `/invite @<the app's name>` there.",
    "posting_to_general_channel_denied": "an administrator restricts posting to that channel. Choose another one.",
    "restricted_action": "an administrator restricts posting to that channel. Choose another one.",
    "restricted_action_read_only_channel": "only some may post to that channel. Choose another one.",
    "invalid_auth": f"the token is not valid. {TOKEN}",
    "not_authed": f"there was no token. {TOKEN}",
    "account_inactive": f"the token's app or user was removed. {TOKEN}",
    "token_revoked": f"the token was revoked. {TOKEN}",
    "token_expired": f"the token has expired. {TOKEN}",
    "no_permission": f"the token may not do this. {TOKEN}",
    "missing_scope": "the token lacks the scope chat:write. Add it to the app and install the app again.",
    "not_allowed_token_type": "this kind of token may not post. Use a bot token (xoxb-).",
    "access_denied": f"access is denied. {TOKEN}",
    "org_login_required": "the workspace is being moved to an enterprise organisation.",
    "ekm_access_denied": "an administrator has suspended posting (key management).",
    "team_access_not_granted": "the app is not approved for this workspace.",
    "enterprise_is_restricted": "the app is not approved for this organisation.",
    "invalid_blocks": "it does not accept this message's layout.",
    "invalid_blocks_format": "it does not accept this message's layout.",
    "invalid_attachments": "it does not accept this message's layout.",
    "invalid_payload": "it cannot read this message.",
    "no_text": "this message has no text.",
    "msg_too_long": "this message is too long.",
    "msg_blocks_too_long": "this message is too long.",
    "too_many_attachments": "this message has too many parts.",
}
# What is wrong with the layout may not be wrong with the words.
WITHOUT_BLOCKS = frozenset(
    {"invalid_blocks", "invalid_blocks_format", "invalid_attachments", "invalid_payload", "msg_blocks_too_long"}
)
_TEMPORARY_STATUSES = frozenset({408, 421, 425})
_MOVED_FOR_GOOD = frozenset({301, 308})
_NAME = re.compile(r"[a-z]+(?:_[a-z]+)*")


def refusal(answer: Reply, now: datetime) -> DeliveryError | None:
    """The delivery error for an answer of Slack's, None where it took the message.

    An error name that is not known here and came with status 200 counts as temporary: silence for good would be worse
    than trying again.
    """
    name = _error_name(answer)
    if answer.status == 429 or name in {"ratelimited", "rate_limited", "message_limit_exceeded"}:
        wish = _wish(answer, now)
        wish = DEFAULT_RETRY_AFTER if wish is None else wish
        return DeliveryError("rate_limited", f"Slack asks to wait {wish:g} s.", retry_after=wish)
    if name in PERMANENT and answer.status < 500:
        return DeliveryError(name, f"Slack refused: {PERMANENT[name]}", permanent=True)
    reason = f"http_{answer.status}"
    if 200 <= answer.status < 300:
        if name:
            return DeliveryError(name, f"Slack answered {name}.")
        if answer.text.lstrip().startswith("<"):
            return DeliveryError("garbled_answer", "A web page answered in Slack's place.")
        return None
    if 300 <= answer.status < 400:
        message = f"Slack's address redirects elsewhere ({answer.status}); that is not followed."
        return DeliveryError(reason, message, permanent=answer.status in _MOVED_FOR_GOOD)
    if 400 <= answer.status < 500 and answer.status not in _TEMPORARY_STATUSES:
        said = f" ({name})" if name else ""
        return DeliveryError(reason, f"Slack refused with status {answer.status}{said}.", permanent=True)
    return DeliveryError(reason, f"Slack answered with status {answer.status}.", retry_after=_wish(answer, now))


def _wish(answer: Reply, now: datetime) -> float | None:
    """How many seconds Slack asks to wait, an hour at most; None where it does not say."""
    wish = retry_after(answer.headers, now.timestamp())
    return None if wish is None else min(wish, LONGEST_RETRY_AFTER)


def _error_name(answer: Reply) -> str:
    """Slack's name for what is wrong; empty where it says nothing that looks like one.

    Only letters and underscores count, so that an echo of our own URL or token is never taken for a name.
    """
    data = parsed(answer)
    said = "" if data.get("ok") is True else str(data.get("error") or "")
    if not data and answer.status >= 400:
        said = answer.text.strip()
    return said if len(said) <= 60 and _NAME.fullmatch(said) else "unknown_error" if data.get("ok") is False else ""
