"""Logging in with a name and a password, at a pace that makes guessing pointless, and logging out."""

import ipaddress
from datetime import UTC, datetime, timedelta

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from alerting.actions.models import AuditEntry
from alerting.actions.perform import Actor, audit
from alerting.notifiers.escape import one_line, shorten
from alerting.status import access, peer
from alerting.status.models import FailedLogin

MOST_FAILURES = 5
FAILURES_WITHIN = timedelta(minutes=15)
# So that whoever guesses all day does not fill the audit.
ONE_ENTRY_WITHIN = timedelta(days=1)
FAILED = "failed to log in"


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def log_in(request: HttpRequest) -> HttpResponse:
    """The form, and what it sends: five wrong passwords in 15 minutes close it for that address."""
    if not access.passwords():
        return HttpResponseRedirect("/")
    target = _target(request)
    if request.method != "POST":
        return _form(request, target)
    now, address = datetime.now(UTC), _network(peer.of(request).address)
    recent = FailedLogin.objects.filter(address=address, at__gt=now - FAILURES_WITHIN)
    if recent.count() >= MOST_FAILURES:
        return _form(request, target, "Too many wrong passwords. Try again in 15 minutes.", 429)
    name = one_line(request.POST.get("name", ""), access.NAME_LIMIT)
    role = access.role_of(request.POST.get("password", ""))
    if role is None:
        _note_failure(name or "somebody", address, now)
        return _form(request, target, "This password is not right.", 403)
    if not name:
        return _form(request, target, "Say who you are: what you do is signed with it.", 400)
    access.begin_session(request, name, role)
    audit(Actor(name, "page", address), "logged in", f"the page, as {role}", now)
    return HttpResponseRedirect(target)


@require_POST
def log_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    request.session.flush()
    return HttpResponseRedirect("/login/")


def prune(now: datetime) -> int:
    """Delete failures that count no more; returns how many."""
    return FailedLogin.objects.filter(at__lt=now - ONE_ENTRY_WITHIN).delete()[0]


def _note_failure(name: str, address: str, now: datetime) -> None:
    """Count it, and write it into the audit: one entry for all from this address within a day, with the names tried."""
    FailedLogin.objects.create(address=address, at=now)
    since = now - ONE_ENTRY_WITHIN
    entry = AuditEntry.objects.filter(action=FAILED, address=address, at__gt=since).first()
    if entry is None:
        audit(Actor(name, "page", address), FAILED, "the page", now)
        return
    times = FailedLogin.objects.filter(address=address, at__gte=entry.at).count()
    entry.subject = f"the page, {times} times until {now:%Y-%m-%d %H:%M} UTC"
    if name not in entry.who.split(", "):
        entry.who = shorten(f"{entry.who}, {name}", access.NAME_LIMIT)
    entry.save(update_fields=("subject", "who"))


def _form(request: HttpRequest, target: str, mistake: str = "", status: int = 200) -> HttpResponse:
    response = render(request, "status/login.html", {"target": target, "mistake": mistake}, status=status)
    if status == 429:
        response["Retry-After"] = str(int(FAILURES_WITHIN.total_seconds()))
    return response


def _target(request: HttpRequest) -> str:
    """Where to go afterwards: a path of ours, never another site."""
    target = str(request.POST.get("next") or request.GET.get("next") or "/")
    is_ours = url_has_allowed_host_and_scheme(target, allowed_hosts=None) and target.startswith("/")
    return target if is_ours else "/"


def _network(address: str) -> str:
    """What counts as one address: whoever has an IPv6 network of 64 bits has all of its addresses."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    return str(ipaddress.ip_network(f"{parsed}/64", strict=False)) if parsed.version == 6 else str(parsed)
