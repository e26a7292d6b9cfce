"""`python -m tests.sandbox`: the stand-ins as a process of their own, told as lines of JSON on standard output.

The first line is `{"ready": {…}}` and says where everything is; then one line for each message that arrives:
`{"arrived": "email" | "slack", "subject": …, "text": …}`. SIGTERM and SIGINT end it.
"""

import html
import json
import re
import signal
import sys
import threading
from typing import Any

from tests.sandbox.cards import part
from tests.sandbox.records import Mail, SlackMessage
from tests.sandbox.server import Sandbox

_LINK = re.compile(r"<(https?://[^|>]+)\|([^>]*)>")


def main() -> None:
    """Run until asked to stop."""
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    with Sandbox() as sandbox:
        sandbox.mail.messages.listeners.append(lambda mail: _tell(arrived_mail(mail)))
        sandbox.slack.messages.listeners.append(lambda message: _tell(arrived_slack(message)))
        _tell({"ready": addresses(sandbox)})
        stopped.wait()


def addresses(sandbox: Sandbox) -> dict[str, str]:
    """Where everything is, and what opens it."""
    return {
        "page": f"{sandbox.sentry.url}/",
        "url": sandbox.sentry.url,
        "token": sandbox.sentry.token,
        "org": sandbox.sentry.org,
        "dsn": sandbox.sentry.dsn("shop"),
        "webhook": sandbox.slack.webhook_url,
        "slack_api_url": sandbox.slack.api_url,
        "bot_token": sandbox.slack.bot_token,
        "channel": sandbox.slack.channel,
        "mail_host": sandbox.mail.host,
        "mail_port": str(sandbox.mail.port),
    }


def arrived_mail(mail: Mail) -> dict[str, str]:
    """A mail as one line of output."""
    return {"arrived": "email", "subject": str(mail.message["Subject"] or ""), "text": part(mail, "plain")}


def arrived_slack(message: SlackMessage) -> dict[str, str]:
    """A Slack message as one line of output, its links and entities as people read them."""
    subject, _, text = _LINK.sub(r"\2: \1", message.text).partition("\n")
    return {"arrived": "slack", "subject": html.unescape(subject), "text": html.unescape(text)}


def _tell(said: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
