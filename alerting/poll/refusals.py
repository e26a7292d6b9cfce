"""What is told when Sentry refuses: what happened, in Sentry's words, and which variable mends it. Pure."""

import json
import re
from datetime import UTC, datetime
from urllib.parse import urlsplit

from alerting.errors import SourceError, SourceFault
from alerting.http.exchange import Reply
from alerting.poll.replies import detail
from alerting.rules.units import span

# endpoint → (what we lose without it, the scope that opens it); sentry-docs, permissions and scopes
NEEDS = {
    "events": ("error counts and latency", "org:read"),
    "issues": ("new issues", "event:read"),
    "stats_v2": ("what quotas dropped", "org:read"),
    "projects": ("the list of projects", "org:read"),
    "organization": ("the organisation", "org:read"),
}
ADVICE = (
    "Put the token of an internal integration into SENTRY_AUTH_TOKEN (Settings → Developer Settings; read access to "
    "Organization, Project and Issue & Event)."
)
# How Bugsink answers to what it does not have (bugsink/urls.py); it sends that as text/html.
BUGSINK = b"Unimplemented API endpoint"
NO_PROJECTS = (
    "The token sees no project of the organisation, so nothing can be read. Give its integration (or its user's teams) "
    "access to the projects, or use another SENTRY_AUTH_TOKEN."
)


def of(reply: Reply, endpoint: str, kind: str, again_at: float) -> SourceError:
    """The error a reply other than 200 stands for. `kind` is the token's, by its prefix; empty where unknown.

    `again_at` (epoch seconds) is when the endpoint is asked again, where it limits our requests.
    """
    said = detail(reply)
    fault, message = _read(reply, endpoint, said, kind, again_at)
    no_path = reply.status == 404 and not said and reply.body.strip()[:1] not in {b"", b"{", b"["}
    return SourceError(fault, message, no_path=no_path, moved_to=_moved_to(reply))


def _read(reply: Reply, endpoint: str, said: str, kind: str, again_at: float) -> tuple[SourceFault, str]:
    status, quoted = reply.status, f" (“{said}”)" if said else ""
    lost, scope = NEEDS.get(endpoint, (endpoint, "org:read"))
    if status == 401:
        return SourceFault.UNAUTHORIZED, f"Sentry does not accept the token{quoted}. {ADVICE}"
    if status == 403:
        if kind == "organisation":
            why = "it is an organisation auth token (sntrys_…), which may upload but read nothing"
            return SourceFault.FORBIDDEN, f"The token may not read {lost}{quoted}: {why}. {ADVICE}"
        why = f"The token in SENTRY_AUTH_TOKEN may not read {lost}{quoted}: it needs the scope {scope}"
        return SourceFault.FORBIDDEN, f"{why}, and access to every project in SENTRY_PROJECT."
    if status == 404:
        if not said and reply.body.startswith(BUGSINK):
            return SourceFault.NOT_FOUND, f"Bugsink has no such path in its API ({endpoint})."
        return SourceFault.NOT_FOUND, f"Sentry knows no such {endpoint}{quoted}."
    if status == 429:
        until = f"Asked again from {clock(again_at)}."
        return SourceFault.RATE_LIMITED, f"Sentry limits our requests to {endpoint}{quoted}. {until}"
    if 300 <= status < 400:
        target = _host(reply.headers.get("location", ""))
        advice = "Check SENTRY_URL and SENTRY_ORG; redirects are not followed, the token would go with them."
        return SourceFault.REDIRECTED, f"Sentry redirects {endpoint} to {target}{quoted}. {advice}"
    if status >= 500:
        page = "" if said or not reply.body.lstrip().startswith(b"<") else " with a web page, as proxies send"
        return SourceFault.SERVER, f"Sentry failed to answer {endpoint}: status {status}{page}{quoted}."
    if "No projects available" in said:
        return SourceFault.FORBIDDEN, NO_PROJECTS
    if status in {400, 422}:
        return SourceFault.BAD_REQUEST, f"Sentry refuses our question to {endpoint}{quoted or f' (status {status})'}."
    return SourceFault.GARBLED, f"Sentry answered {endpoint} with the unexpected status {status}{quoted}."


def unknown_organisation(org: str, host: str) -> str:
    return (
        f"{host} knows no organisation {org!r}, or the token belongs to another one. SENTRY_ORG is the slug in "
        f"https://sentry.io/organizations/<slug>/; SENTRY_URL is {host}."
    )


def unknown_environment(wanted: tuple[str, ...], known: tuple[str, ...]) -> str:
    listed = ", ".join(repr(name) for name in wanted)
    missing = [name for name in wanted if name not in known] if known else []
    which = f"most likely {', '.join(map(repr, missing))}. " if missing else "at least one of them. "
    seen = f"It knows: {', '.join(known[:20])}. " if known else ""
    return (
        f"Sentry knows the organisation but not the environments in SENTRY_ALERT_ENVIRONMENTS ({listed}): {which}{seen}"
        "Names are case-sensitive, and exist once an event with them has arrived."
    )


def missing_endpoint(endpoint: str, *, for_all: bool = False) -> str:
    """`for_all`: it was asked for all projects at once."""
    what = f"does not answer {endpoint} for all projects at once (project=-1)" if for_all else f"has no {endpoint}"
    return (
        f"This server answers for the organisation but {what}. Sentry plans without Discover, and servers that only "
        "resemble Sentry, cannot be polled for it."
    )


def no_such_api(host: str, endpoint: str) -> str:
    """What answers is no API, or another one: it has no path that every Sentry has."""
    lost = NEEDS.get(endpoint, ("where everything else begins", ""))[0]
    return (
        f"{host} is no Sentry that can be polled: its API has no {endpoint} endpoint ({lost}). GlitchTip and "
        "Bugsink take events, but cannot be asked for counts of them."
    )


def renamed(old: str, new: str) -> str:
    return f"SENTRY_PROJECT names {old}, which was renamed to {new}"


def clocks_disagree(host: str, lead: float) -> str:
    """`lead` is by how many seconds our clock is ahead of the host's; negative where it is behind."""
    which = "ahead of" if lead > 0 else "behind"
    return (
        f"This machine's clock is {span(abs(lead))} {which} that of {host}, so Sentry was asked about windows "
        "other than those that count. Set the clock that is wrong (NTP); until then nothing is judged."
    )


def clock(moment: float) -> str:
    return f"{datetime.fromtimestamp(moment, UTC):%H:%M:%S} UTC"


def _moved_to(reply: Reply) -> str:
    """The slug a renamed project has now (sentry, api/bases/project.py)."""
    try:
        data = json.loads(reply.body) if 300 <= reply.status < 400 else None
    except (ValueError, RecursionError):
        return ""
    slug = data.get("slug") if isinstance(data, dict) else None
    return slug if isinstance(slug, str) and re.fullmatch(r"[\w-]{1,100}", slug, re.ASCII) else ""


def _host(location: str) -> str:
    try:
        host = urlsplit(location).hostname
    except ValueError:
        host = None
    clean = "".join(char for char in host or "" if char.isprintable())[:100]
    return clean or "another path on the same host"
