"""Who may see the page and who may act: this machine's user, a password's bearer, or whom our proxy names."""

import getpass
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import wraps
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import resolve

from alerting.actions.perform import Actor
from alerting.notifiers.escape import one_line
from alerting.status import peer

View = Callable[..., HttpResponse]
NAME_LIMIT = 80
# Open to everybody: how one gets in, and Slack, whose requests are signed.
OPEN_VIEWS = frozenset({"login", "slack-actions"})


class Role(StrEnum):
    READER = "reader"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who may see the page; `can_leave` where a password let them in."""

    name: str
    role: Role
    can_leave: bool = False

    @property
    def may_act(self) -> bool:
        return self.role is Role.OPERATOR


def passwords() -> dict[Role, str]:
    """The configured passwords by the role they give."""
    found = {Role.OPERATOR: settings.STATUS_PASSWORD, Role.READER: settings.STATUS_READONLY_PASSWORD}
    return {role: password for role, password in found.items() if password}


def role_of(password: str) -> Role | None:
    """The role a password gives, compared in constant time."""
    matches = [
        role for role, known in passwords().items() if hmac.compare_digest(known.encode(), password.encode("utf-8"))
    ]
    return matches[0] if matches else None


def begin_session(request: HttpRequest, name: str, role: Role) -> None:
    """Log somebody in. A new session each time, which ends when its password changes."""
    request.session.flush()
    request.session.update({"name": name, "role": role.value, "key": _key(role)})


def visitor(request: HttpRequest) -> Visitor | None:
    """Who is asking; None where nobody we know."""
    named = settings.STATUS_USER_HEADER and one_line(request.META.get(settings.STATUS_USER_HEADER, ""), NAME_LIMIT)
    if named and peer.of(request).through_proxy:
        return Visitor(named, Role.OPERATOR)
    if not passwords():
        is_local = peer.of(request).is_loopback and not _is_passed_on()
        return Visitor(_operating_system_user(), Role.OPERATOR) if is_local else None
    role = request.session.get("role", "")
    if role in set(Role) and Role(role) in passwords() and request.session.get("key") == _key(Role(role)):
        return Visitor(request.session["name"], Role(role), can_leave=True)
    return None


class AccessMiddleware:
    """Lets visitors through, sends others to the login, or says that the page is closed and how to open it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._get_response(request)

    def process_view(self, request: HttpRequest, *_: object) -> HttpResponse | None:
        request.visitor = visitor(request)  # type: ignore[attr-defined]
        if request.visitor is not None or resolve(request.path_info).url_name in OPEN_VIEWS:  # type: ignore[attr-defined]
            return None
        if passwords():
            target = request.get_full_path() if request.method in {"GET", "HEAD"} else "/"
            return HttpResponseRedirect(f"/login/?{urlencode({'next': target})}")
        return render(request, "status/closed.html", _how_to_open(), status=403)


def actor(request: HttpRequest) -> Actor:
    """Who acts in this request, for the audit."""
    who: Visitor = request.visitor  # type: ignore[attr-defined]
    return Actor(who.name, "page", peer.of(request).address)


def operators_only(view: View) -> View:
    """Refuse readers."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not request.visitor.may_act:  # type: ignore[attr-defined]
            return render(request, "status/refused.html", status=403)
        return view(request, *args, **kwargs)

    return guarded


def _key(role: Role) -> str:
    """What ties a session to the password it began with, without telling it."""
    secret = f"{settings.SECRET_KEY}:{role.value}".encode()
    return hmac.new(secret, passwords()[role].encode(), hashlib.sha256).hexdigest()


def _is_passed_on() -> bool:
    """Whether somebody passes requests on to us: then one from this machine may be anybody's.

    A named proxy does; so does what Slack's clicks come through. One on this machine need not say so in any header, and
    as nginx's defaults have it sends our own address as the host.
    """
    return bool(settings.STATUS_USER_HEADER or settings.STATUS_TRUSTED_PROXIES or settings.SLACK_SIGNING_SECRET)


def _how_to_open() -> dict[str, bool]:
    return {"by_proxy": bool(settings.STATUS_USER_HEADER), "is_passed_on": _is_passed_on()}


def _operating_system_user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "this machine's user"
