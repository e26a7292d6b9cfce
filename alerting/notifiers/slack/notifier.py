"""Slack: an incoming webhook that posts, or a bot that keeps one card per incident and threads its changes."""

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from alerting.config import Settings
from alerting.errors import DeliveryError
from alerting.http.exchange import Reply
from alerting.notifiers import render, words
from alerting.notifiers.faults import connection_failed
from alerting.notifiers.slack import slack_blocks
from alerting.notifiers.slack.slack_http import Bot, Transport, Webhook, parsed
from alerting.notifiers.slack.slack_replies import WITHOUT_BLOCKS, refusal
from alerting.outbox.message import Kind, Notice, Receipt

logger = logging.getLogger(__name__)

SEND_SECONDS = 10.0
PEER = "Slack"
Result = TypeVar("Result")
_OPEN = frozenset({Kind.FIRST, Kind.REMINDER, Kind.WORSE, Kind.LATE, Kind.FLAPPING, Kind.ESCALATED})
# Reasons for which the card cannot be edited any more, but a new one can be posted.
_CARD_IS_GONE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed", "thread_not_found"})


class RefusedError(Exception):
    """Slack's own no, on its way from one call to `send`."""

    def __init__(self, error: DeliveryError) -> None:
        super().__init__(error.reason)
        self.error = error


class Mode(ABC):
    """One way of speaking to Slack; delivering and editing may raise anything."""

    @abstractmethod
    def deliver(self, transport: Transport, shown: render.View, ref: Mapping[str, str]) -> Receipt: ...

    def edit(self, transport: Transport, shown: render.View, ref: Mapping[str, str]) -> Receipt:  # noqa: ARG002
        """Bring what was delivered up to date, where it can be; nothing is posted."""
        return Receipt()

    def towards(self, channel: str) -> "Mode":  # noqa: ARG002
        """The same way of speaking to another channel, where it can."""
        return self


def build(settings: Settings) -> "SlackNotifier":
    """Slack through the bot where there is a token, else through the webhook."""
    mode: Mode
    if settings.SENTRY_SLACK_BOT_TOKEN is not None:
        mode = BotMode(
            settings.secret("SENTRY_SLACK_BOT_TOKEN"), settings.SENTRY_SLACK_CHANNEL, settings.SENTRY_SLACK_API_URL
        )
    else:
        mode = WebhookMode(settings.secret("SENTRY_SLACK_WEBHOOK_URL"))
    return SlackNotifier(
        mode,
        environment=settings.SENTRY_ENVIRONMENT,
        page_url=settings.ALERTING_STATUS_URL,
        has_buttons=has_buttons(settings),
    )


def has_buttons(settings: Settings) -> bool:
    """Whether cards have them: a webhook's cannot be edited, and clicks that nobody can verify are not taken."""
    return settings.SENTRY_SLACK_BOT_TOKEN is not None and settings.SENTRY_SLACK_SIGNING_SECRET is not None


class SlackNotifier:
    """Delivers through `mode`; a whole sending, however many calls it takes, ends within `seconds`.

    `environment` is named as the place that tells, `page_url` is where people open the status page. With `has_buttons`
    the card of an open incident has buttons to acknowledge and to silence it, as far as that is possible.
    """

    channel = "slack"

    def __init__(
        self,
        mode: Mode,
        *,
        environment: str = "",
        page_url: str = "",
        has_buttons: bool = False,
        seconds: float = SEND_SECONDS,
    ) -> None:
        self._mode = mode
        self._environment = environment
        self._page_url = page_url
        self._has_buttons = has_buttons
        self._seconds = seconds

    def send(self, notice: Notice, ref: Mapping[str, str], dedupe_key: str) -> Receipt:  # noqa: ARG002
        try:
            shown = view(notice, self._environment, self._page_url, has_buttons=self._has_buttons)
        except Exception as error:
            logger.exception("a notice could not be written for Slack")
            failure = DeliveryError(
                "unrenderable", f"The notice could not be written ({type(error).__name__}).", permanent=True
            )
        else:
            mode = self._mode.towards(notice.slack_channel) if notice.slack_channel else self._mode
            speak = mode.edit if notice.edit_only else mode.deliver
            outcome = within(self._seconds, lambda transport: speak(transport, shown, ref))
            if not isinstance(outcome, DeliveryError):
                return outcome
            failure = outcome
        # Raised here and not where it was caught: the library's exception, which may quote us, is not its context.
        raise failure


def view(notice: Notice, environment: str = "", page_url: str = "", *, has_buttons: bool = False) -> render.View:
    """What Slack shows of `notice`: with a button for each thing that pressing it would do."""
    shown = render.view(notice, environment, page_url)
    is_open = notice.kind in _OPEN and not notice.issue and not notice.resolved_at
    if not (has_buttons and is_open and render.incident_key(notice)):
        return shown
    offered = {"acknowledge": not notice.in_hand, "silence": not words.is_about_us(notice)}
    return replace(shown, key=render.incident_key(notice), buttons=tuple(name for name in offered if offered[name]))


class WebhookMode(Mode):
    """Posts every notice as a message of its own, to the channel it belongs to; there is no card to remember."""

    def __init__(self, url: str) -> None:
        self._url = url

    def deliver(self, transport: Transport, shown: render.View, ref: Mapping[str, str]) -> Receipt:  # noqa: ARG002
        client = Webhook(self._url, transport)

        def post(body: Mapping[str, Any]) -> Reply:
            return ask(transport, lambda: client.send_dict({**_QUIET_LINKS, **body}))

        _with_fallback(shown, post)
        return Receipt()


class BotMode(Mode):
    """Posts a card first, later edits it to the present state and tells the change in its thread.

    Editing comes before posting: it may be repeated without harm where the post then fails and is tried again.
    """

    def __init__(self, token: str, channel: str, api_url: str) -> None:
        self._token = token
        self._target = channel
        self._api_url = api_url

    def deliver(self, transport: Transport, shown: render.View, ref: Mapping[str, str]) -> Receipt:
        call = self._speaker(transport, shown)
        if self._is_ours(ref):
            card = {"channel": ref["channel"], "ts": ref["ts"]}
            try:
                # An edit without blocks keeps the old ones.
                call("chat.update", {**card, "blocks": []})
                call("chat.postMessage", {"channel": card["channel"], "thread_ts": card["ts"], **_QUIET_LINKS})
            except RefusedError as no:
                if no.error.reason not in _CARD_IS_GONE:
                    raise
            else:
                return Receipt(dict(ref), editable=True)
        posted = parsed(call("chat.postMessage", {"channel": self._target, **_QUIET_LINKS}))
        where, ts = str(posted.get("channel") or self._target), str(posted.get("ts") or "")
        return Receipt({"channel": where, "ts": ts, "target": self._target} if ts else {}, editable=True)

    def edit(self, transport: Transport, shown: render.View, ref: Mapping[str, str]) -> Receipt:
        call = self._speaker(transport, shown)
        if self._is_ours(ref):
            try:
                call("chat.update", {"channel": ref["channel"], "ts": ref["ts"], "blocks": []})
            except RefusedError as no:
                if no.error.reason not in _CARD_IS_GONE:
                    raise
        return Receipt(dict(ref), editable=True)

    def towards(self, channel: str) -> "BotMode":
        return BotMode(self._token, channel, self._api_url)

    def _is_ours(self, ref: Mapping[str, str]) -> bool:
        return bool(ref.get("ts")) and ref.get("target", self._target) == self._target

    def _speaker(self, transport: Transport, shown: render.View) -> Callable[[str, Mapping[str, Any]], Reply]:
        client = Bot(self._token, self._api_url, transport)

        def call(method: str, place: Mapping[str, Any]) -> Reply:
            def once(body: Mapping[str, Any]) -> Reply:
                return ask_api(transport, client, method, {**place, **body})

            return _with_fallback(shown, once)

        return call


_QUIET_LINKS: dict[str, Any] = {"unfurl_links": False, "unfurl_media": False}


def within(seconds: float, talk: Callable[[Transport], Result]) -> Result | DeliveryError:
    """What `talk` returns, or as a delivery error whatever it raises."""
    try:
        return talk(Transport(seconds))
    except RefusedError as no:
        return no.error
    except Exception as error:  # noqa: BLE001  the contract: DeliveryError and nothing else
        return connection_failed(error, PEER)


def ask(transport: Transport, call: Callable[[], object]) -> Reply:
    """Make one call through slack_sdk and judge the answer it got, whatever slack_sdk made of it."""
    failure: Exception | None = None
    try:
        call()
    except Exception as error:  # noqa: BLE001  slack_sdk raises its own for answers we judge ourselves
        failure = error
    answer = transport.last
    if answer is None:
        raise failure or ConnectionError("no answer")
    refused = refusal(answer, datetime.now(UTC))
    if refused is not None:
        raise RefusedError(refused)
    return answer


def ask_api(transport: Transport, client: Bot, method: str, body: Mapping[str, Any]) -> Reply:
    """The same for a method of the Web API, which must say that all is well."""
    answer = ask(transport, lambda: client.api_call(method, json=dict(body)))
    if parsed(answer).get("ok") is not True:
        raise RefusedError(DeliveryError("garbled_answer", "What answered does not speak Slack's language."))
    return answer


def _with_fallback(shown: render.View, call: Callable[[Mapping[str, Any]], Reply]) -> Reply:
    """Call with text and blocks; once more without the part that Slack dislikes, where it says which that is."""
    blocks, text = slack_blocks.blocks(shown), slack_blocks.text(shown)
    try:
        return call({"text": text, "blocks": blocks})
    except RefusedError as no:
        reason = no.error.reason
        if reason not in WITHOUT_BLOCKS and reason != "msg_too_long":
            raise
    logger.warning("Slack refused a message (%s); sent again in a plainer form", reason)
    return call(
        {"text": slack_blocks.short_text(shown), "blocks": blocks} if reason == "msg_too_long" else {"text": text}
    )
