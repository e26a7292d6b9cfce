"""The sandbox as a process of `alerting up`: says where it is, then every message that arrives, as lines of JSON."""

import html
import json
import re
import signal
import sys
import threading
from typing import Any

from alerting.sandbox import Sandbox
from alerting.sandbox.records import Mail, SlackMessage

SHOP = "shop"
_LINK = re.compile(r"<(https?://[^|>]+)\|([^>]*)>")


def main() -> None:
    """Run until asked to stop."""
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    sandbox = Sandbox()
    sandbox.mail.messages.listeners.append(lambda mail: _tell(_mail(mail)))
    sandbox.slack.messages.listeners.append(lambda message: _tell(_slack(message)))
    with sandbox:
        _tell(
            {
                "ready": {
                    "url": sandbox.sentry.url,
                    "token": sandbox.sentry.token,
                    "org": sandbox.sentry.org,
                    "dsn": sandbox.sentry.dsn(SHOP),
                    "webhook": sandbox.slack.webhook_url,
                    "mail_host": sandbox.mail.host,
                    "mail_port": str(sandbox.mail.port),
                }
            }
        )
        stopped.wait()


def _mail(mail: Mail) -> dict[str, str]:
    body = mail.message.get_body(("plain",))
    # The first line of the text repeats the subject.
    text = body.get_content().partition("\n")[2] if body is not None else ""
    return {"arrived": "email", "subject": str(mail.message["Subject"]), "text": text}


def _slack(message: SlackMessage) -> dict[str, str]:
    subject, _, text = _LINK.sub(r"\2: \1", message.text).partition("\n")
    return {"arrived": "slack", "subject": html.unescape(subject), "text": html.unescape(text)}


def _tell(said: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
