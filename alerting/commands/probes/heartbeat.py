"""The dead man's switch, tried with one call, as after a good tick."""

from urllib.parse import urlsplit

from alerting.config import Settings
from alerting.errors import HttpError
from alerting.findings import Finding, Status
from alerting.http import exchange

PART = "Heartbeat"
SECONDS = 5.0
OFTEN_SECONDS = 60


def probe(settings: Settings) -> Finding:
    """Whether HEARTBEAT_URL answers as one that counts our calls."""
    url = settings.secret("HEARTBEAT_URL")
    if not url:
        advice = "Set HEARTBEAT_URL to a dead man's switch: nobody else notices that this service itself stands still."
        return Finding(PART, Status.NOT_CONFIGURED, "HEARTBEAT_URL is not set", advice)
    host = urlsplit(url).netloc.rpartition("@")[2]
    try:
        status = exchange.get(url, seconds=SECONDS).status
    except HttpError as error:
        return Finding(PART, Status.FAIL, str(error), "Correct HEARTBEAT_URL, or let the service through to it.")
    if 300 <= status < 400:
        said = f"{host} redirects HEARTBEAT_URL elsewhere ({status}), which is not followed"
        return Finding(PART, Status.FAIL, said, "Set HEARTBEAT_URL to the address it leads to.")
    if status >= 400:
        said = f"{host} answers the call of HEARTBEAT_URL with status {status}, so most likely nobody counts it"
        return Finding(PART, Status.FAIL, said, "Copy the address from the dead man's switch again.")
    every = max(OFTEN_SECONDS, settings.SENTRY_POLL_INTERVAL_SECONDS)
    said = f"{host} took one call, as after a good tick; the service calls at most every {every} s"
    return Finding(PART, Status.PASS, said)
