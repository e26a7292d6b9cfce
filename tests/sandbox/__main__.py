"""`python -m tests.sandbox`: the stand-ins as a process of their own, told as lines of JSON on standard output.

The first line is `{"ready": {…}}` and says where everything is; then one line for each message that arrives:
`{"arrived": "email" | "slack", "subject": …, "text": …}`. SIGTERM and SIGINT end it.
"""

import argparse
import contextlib
import html
import json
import os
import re
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.sandbox.cards import part
from tests.sandbox.records import Mail, SlackMessage
from tests.sandbox.server import Sandbox

ADDRESSES = "sandbox.json"
_LINK = re.compile(r"<(https?://[^|>]+)\|([^>]*)>")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until asked to stop; the exit status."""
    options = _options(arguments)
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    sandbox = Sandbox(options.sentry_port, options.slack_port, options.smtp_port)
    sandbox.mail.messages.listeners.append(lambda mail: _tell(arrived_mail(mail)))
    sandbox.slack.messages.listeners.append(lambda message: _tell(arrived_slack(message)))
    try:
        sandbox.start()
    except OSError as error:
        sys.stderr.write(f"The sandbox {error.strerror}. Choose another port or leave the choice to it.\n")
        return 1
    ready = addresses(sandbox, options.project)
    with _kept(options.data_dir, ready):
        _tell({"ready": ready})
        stopped.wait()
        sandbox.stop()
    return 0


def addresses(sandbox: Sandbox, project: str) -> dict[str, str]:
    """Where everything is, and what opens it."""
    return {
        "page": f"{sandbox.sentry.url}/",
        "url": sandbox.sentry.url,
        "token": sandbox.sentry.token,
        "org": sandbox.sentry.org,
        "dsn": sandbox.sentry.dsn(project),
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


@contextlib.contextmanager
def _kept(folder: Path | None, ready: dict[str, str]) -> Iterator[None]:
    """While it runs, the addresses are in a file that only its owner reads."""
    if folder is None:
        yield
        return
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / ADDRESSES
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(ready, file, indent=1)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.sandbox", description=__doc__.splitlines()[0])
    parser.add_argument("--data-dir", type=Path, help=f"keep the addresses in {ADDRESSES} there while it runs")
    parser.add_argument("--sentry-port", type=int, default=0, help="port of Sentry and of the page; 0 chooses one")
    parser.add_argument("--slack-port", type=int, default=0, help="port of Slack")
    parser.add_argument("--smtp-port", type=int, default=0, help="port of the mail server")
    parser.add_argument("--project", default="shop", help="the project whose DSN is told")
    return parser.parse_args(arguments)


def _tell(said: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
