"""Secrets planted on purpose: one fresh random one in each place of an event, so that a leak names its place."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

import sentry_sdk
from django.db.utils import OperationalError


@dataclass
class Canaries:
    """The planted secrets and their places. Not shown in a repr: it stands in frames that are sent."""

    planted: list[tuple[str, str]] = field(default_factory=list, repr=False)

    def plant(self, place: str) -> str:
        """A new secret for `place`: random letters and digits that nothing but its surroundings gives away."""
        self.planted.append((place, f"cn{secrets.token_hex(12)}"))
        return self.planted[-1][1]

    def found_in(self, text: str) -> list[str]:
        """The places whose secret can be read in `text`."""
        return [place for place, secret in self.planted if secret in text]


@dataclass(frozen=True, slots=True)
class Sent:
    """One event on its way: what it is, its id, and the group it shares with others of the same `family`."""

    what: str
    event_id: str
    family: str = ""


def send_all(canaries: Canaries, transaction_ids: list[str]) -> list[Sent]:
    """Send two errors of one family, a message and a transaction; `transaction_ids` is filled by the SDK's hook."""
    sent = [
        Sent("error", _error(canaries, _read_cart), "database"),
        Sent("same error, other values", _error(canaries, _read_order), "database"),
        Sent("message", _message(canaries)),
    ]
    _transaction(canaries)
    sentry_sdk.flush(timeout=10)
    return [*sent, *(Sent("transaction", event_id) for event_id in transaction_ids)]


def _error(canaries: Canaries, fail: Callable[[str], None]) -> str:
    with sentry_sdk.new_scope() as scope:
        _furnish(scope, canaries)
        try:
            fail(canaries.plant("local variable"))
        except OperationalError as error:
            error.args = (f"{error.args[0]} (postgres://app:{canaries.plant('exception text')}@db/shop)",)
            return scope.capture_exception(error) or ""
    return ""


def _furnish(scope: sentry_sdk.Scope, canaries: Canaries) -> None:
    """What stands on every kind of event."""
    scope.add_event_processor(lambda event, _hint: {**event, "request": _request(canaries)})
    scope.set_extra("api_key", canaries.plant("extra"))
    scope.set_context("payment", {"provider": "example", "client_secret": canaries.plant("context")})
    scope.set_tag("auth_token", canaries.plant("tag"))
    scope.set_user({"id": "verify", "email": f"{canaries.plant('user email')}@example.com"})
    bearer = canaries.plant("breadcrumb text")
    scope.add_breadcrumb(
        category="http",
        message=f"Authorization: Bearer {bearer}",
        data={"password": canaries.plant("breadcrumb data")},
    )


def _read_cart(password: str) -> None:  # noqa: ARG001  being a local variable is its purpose
    raise OperationalError("canceling statement: SELECT * FROM verify_cart WHERE id = 17") from None


def _read_order(password: str) -> None:  # noqa: ARG001  likewise
    raise OperationalError("canceling statement: SELECT * FROM verify_cart WHERE id = 4711") from None


def _message(canaries: Canaries) -> str:
    with sentry_sdk.new_scope() as scope:
        _furnish(scope, canaries)
        return scope.capture_message(f"alerting verify: login with password={canaries.plant('message')}") or ""


def _transaction(canaries: Canaries) -> None:
    with sentry_sdk.new_scope() as scope:
        _furnish(scope, canaries)
        with sentry_sdk.start_transaction(op="verify", name="alerting verify") as transaction:
            transaction.set_data("access_token", canaries.plant("transaction data"))
            secret = canaries.plant("span description")
            statement = f"UPDATE users SET password = '{secret}' WHERE id = 1"  # noqa: S608  nobody runs it
            with sentry_sdk.start_span(op="db", name=statement) as span:
                span.set_data("db.password", canaries.plant("span data"))


def _request(canaries: Canaries) -> dict[str, object]:
    return {
        "method": "POST",
        "url": f"https://shop.example.com/pay?token={canaries.plant('request URL')}",
        "query_string": f"signature=1&api_key={canaries.plant('query string')}",
        "headers": {
            "Authorization": f"Bearer {canaries.plant('authorization header')}",
            "X-Api-Key": canaries.plant("API key header"),
        },
        "cookies": {"sessionid": canaries.plant("cookie")},
        "data": {"name": "verify", "new_password": canaries.plant("request body")},
    }
