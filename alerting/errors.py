"""Every failure we raise on purpose. No message holds a secret."""

from collections.abc import Sequence
from enum import StrEnum


class AlertingError(Exception):
    """Base of all errors raised on purpose."""


class ConfigError(AlertingError):
    """The environment is wrong. `problems` names every mistake at once, secrets masked."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        count = len(self.problems)
        heading = f"{count} mistake{'s' if count != 1 else ''} in the configuration:"
        super().__init__("\n".join([heading, *(f"  - {problem}" for problem in self.problems)]))


class HttpFault(StrEnum):
    """What kept an HTTP exchange from ending with an answer."""

    TIMEOUT = "timeout"
    DNS = "dns"
    REFUSED = "connection_refused"
    LOST = "connection_lost"
    UNREACHABLE = "unreachable"
    CERTIFICATE = "tls_certificate"
    TLS = "tls"
    PROXY = "proxy"
    GARBLED = "garbled_answer"
    TOO_LARGE = "answer_too_large"


class HttpError(AlertingError):
    """An HTTP exchange brought no answer. The message names hosts and proxies, never a path, token or password."""

    def __init__(self, fault: HttpFault, message: str) -> None:
        super().__init__(message)
        self.fault = fault


class ActionError(AlertingError):
    """What somebody asked for (acknowledge, silence, plan maintenance) cannot be done; the message says why."""


class SourceFault(StrEnum):
    """What kept Sentry from answering; names go into decisions, notices and `alerting check`."""

    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    NO_ENDPOINT = "no_such_endpoint"
    BAD_REQUEST = "bad_request"
    RATE_LIMITED = "rate_limited"
    BUDGET = "budget_exhausted"
    SERVER = "server_error"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    GARBLED = "garbled_answer"
    TOO_LARGE = "answer_too_large"
    REDIRECTED = "redirected"
    CLOCK = "clocks_disagree"


class SourceError(AlertingError):
    """A question to the source failed.

    `no_path` says that what answered is no API: a web page, where Sentry's own API always speaks JSON. `moved_to` is
    the present slug of a renamed project. The message is safe to show: it never contains the token.
    """

    def __init__(self, fault: SourceFault, message: str, *, no_path: bool = False, moved_to: str = "") -> None:
        super().__init__(message)
        self.no_path = no_path
        self.moved_to = moved_to
        self.fault = fault


class DeliveryError(AlertingError):
    """A channel did not take a notice.

    `permanent` means the provider will refuse it again until somebody changes something; `retry_after` is the
    provider's own wish in seconds; `reason` is a short machine-readable name (`invalid_auth`, `http_503`,
    `smtp_550`); `recipients` lists addresses the refusal is limited to, empty when it concerns the whole notice.
    The message never contains a webhook URL, token or password.
    """

    def __init__(
        self,
        reason: str,
        message: str,
        *,
        permanent: bool = False,
        retry_after: float | None = None,
        recipients: Sequence[str] = (),
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.permanent = permanent
        self.retry_after = retry_after
        self.recipients = tuple(recipients)
