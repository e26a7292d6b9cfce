"""The sandbox's page: what people would have received, as it arrives. One document, nothing loaded from elsewhere."""

import json
import secrets
from collections.abc import Sequence
from pathlib import Path
from string import Template
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from alerting.notifiers.slack.slack_html import escape
from tests.sandbox import cards
from tests.sandbox.cards import Piece
from tests.sandbox.mail import MailPart
from tests.sandbox.sentry import SentryPart
from tests.sandbox.slack import SlackPart

SHOWN = 200
DOCUMENT = Template(Path(__file__).with_name("page.html").read_text(encoding="utf-8"))
# A mail may style itself; it may load, run and send nothing.
MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}


def routes(sentry: SentryPart, slack: SlackPart, mail: MailPart) -> list[Route]:
    """What is served beside Sentry's API, at its root."""

    def feed() -> dict[str, Any]:
        return {
            "version": _version(sentry, slack, mail),
            "slack": cards.slack([item for _, item in slack.messages.newest(SHOWN)]),
            "mail": cards.mails(mail.messages.newest(SHOWN)),
            "summary": _summary(sentry, slack, mail),
        }

    async def page(_: Request) -> Response:
        nonce = secrets.token_urlsafe(16)
        found = feed()
        document = DOCUMENT.substitute(
            nonce=nonce,
            version=escape(found["version"]),
            summary=escape(found["summary"]),
            channel=escape(slack.channel),
            slack=_articles(found["slack"]),
            mail=_articles(found["mail"]),
        )
        policy = (
            f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'; "
            "frame-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        return HTMLResponse(document, headers={**HEADERS, "Content-Security-Policy": policy})

    async def changes(request: Request) -> Response:
        if request.query_params.get("since") == _version(sentry, slack, mail):
            return Response(status_code=204, headers=HEADERS)
        return JSONResponse(feed(), headers=HEADERS)

    async def mail_part(request: Request) -> Response:
        number = request.path_params["number"] - mail.messages.forgotten
        if not 0 <= number < len(mail.messages):
            return HTMLResponse("<p>This mail is forgotten.</p>", 404, headers=HEADERS)
        body = cards.part(mail.messages[number], "html")
        return HTMLResponse(
            f'<base target="_blank">{body}', headers={**HEADERS, "Content-Security-Policy": MAIL_POLICY}
        )

    async def explained(request: Request) -> Response:
        """Where the links in notices lead."""
        return HTMLResponse(_explanation(sentry, request), headers={**HEADERS, "Content-Security-Policy": MAIL_POLICY})

    return [
        Route("/", page),
        Route("/sandbox/feed", changes),
        Route("/sandbox/mail/{number:int}.html", mail_part),
        Route("/issues/{issue:int}/", explained),
        Route("/organizations/{org}/{rest:path}", explained),
    ]


def _articles(pieces: Sequence[Piece]) -> str:
    """Newest first, as the page's script keeps them."""
    return "".join(
        f'<article id="{escape(piece["key"])}" data-version="{escape(piece["version"])}">{piece["html"]}</article>'
        for piece in reversed(pieces)
    )


def _version(sentry: SentryPart, slack: SlackPart, mail: MailPart) -> str:
    parts = (slack.messages, mail.messages, sentry.events)
    return json.dumps([part.forgotten + len(part) for part in parts], separators=(",", ":"))


def _summary(sentry: SentryPart, slack: SlackPart, mail: MailPart) -> str:
    counts = (
        _count(len(sentry.store.projects), "project"),
        _count(len(sentry.events) + sentry.events.forgotten, "SDK item"),
        _count(len(slack.messages), "Slack message"),
        _count(len(mail.messages), "mail"),
    )
    return " · ".join((f"organisation {sentry.org}", *counts))


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _explanation(sentry: SentryPart, request: Request) -> str:
    issue = sentry.store.issues.get(request.path_params.get("issue", 0))
    seen = issue.sighting(frozenset()) if issue else None
    rows = [(name, value or "(everything)") for name, value in request.query_params.multi_items()]
    title = "Here Sentry would show this search"
    if issue is not None and seen is not None:
        title = issue.title
        rows = [
            ("issue", issue.short_id),
            ("project", issue.project.slug),
            ("culprit", issue.culprit or "–"),
            ("level", issue.level),
            ("seen", _count(seen.count, "time")),
        ]
    shown = "".join(f"<tr><th align=left>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in rows)
    return (
        f"<!DOCTYPE html><meta charset=utf-8><title>{escape(title)}</title>"
        "<style>body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:3rem auto;padding:0 1rem}"
        "th{padding-right:1.5rem;font-weight:600}</style>"
        f"<h1 dir=auto>{escape(title)}</h1><table>{shown}</table>"
        "<p>This is the sandbox. With a token of yours, this link opens the same place in your own Sentry.</p>"
        '<p><a href="/">What has arrived</a></p>'
    )
