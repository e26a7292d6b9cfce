"""The kinds of value the environment holds, each refusing nonsense with a sentence that says what was expected."""

import ipaddress
import re
from typing import Annotated, Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from pydantic import BeforeValidator, SecretStr

TRUE_WORDS = frozenset({"true", "1", "yes", "on"})
FALSE_WORDS = frozenset({"false", "0", "no", "off"})
BROKER_SCHEMES = frozenset({"redis", "rediss", "redis+socket", "sentinel"})
DATABASE_SCHEMES = frozenset({"sqlite", "postgres", "postgresql", "pgsql"})


def is_loopback(host: str) -> bool:
    """Whether a host name or address can only mean this machine."""
    if host.lower().rstrip(".") == "localhost" or host.lower().endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _boolean(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    word = value.lower()
    if word in TRUE_WORDS or word in FALSE_WORDS:
        return word in TRUE_WORDS
    raise ValueError("true or false (also 1/0, yes/no, on/off)")


def _names(value: Any) -> Any:
    if isinstance(value, str):
        return tuple(dict.fromkeys(part.strip() for part in value.split(",") if part.strip()))
    return value


def _addresses(value: Any) -> Any:
    names = _names(value)
    for address in names:
        try:
            validate_email(address)
        except ValidationError:
            raise ValueError(f"comma-separated email addresses ({address!r} is none)") from None
    return names


def check_url(url: str) -> str:
    """The URL without trailing blanks; raises ValueError where it is no https:// URL (http:// only on loopback)."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError("an https:// URL") from None
    if parts.scheme not in {"http", "https"} or not host or re.search(r"\s", url):
        raise ValueError("an https:// URL")
    if parts.scheme == "http" and not is_loopback(host):
        raise ValueError(f"an https:// URL (http:// is accepted for loopback hosts only, and {host} is not one)")
    return url


def _https(value: Any) -> Any:
    return check_url(value) if isinstance(value, str) else value


def _dsn(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    check_url(value)
    parts = urlsplit(value)
    if not parts.username or not parts.path.rsplit("/", 1)[-1].isdigit():
        raise ValueError("a DSN such as https://<key>@<host>/<project id>")
    return value


def _source_token(value: Any) -> Any:
    if isinstance(value, str) and value.startswith("sntrys_"):
        raise ValueError(
            "a token that may read: an internal integration's or a user token; an organisation auth token (sntrys_…) "
            "is for uploads in CI and Sentry lets it read nothing"
        )
    if isinstance(value, str) and re.search(r"[^\x21-\x7e]", value):
        raise ValueError("a token without blanks or line breaks")
    return value


def _slack_token(value: Any) -> Any:
    if isinstance(value, str) and not value.startswith("xox"):
        raise ValueError("a Slack bot token (it starts with xoxb-)")
    return value


def _broker(value: Any) -> Any:
    if isinstance(value, str) and urlsplit(value).scheme not in BROKER_SCHEMES:
        raise ValueError("a Redis URL such as redis://host:6379/0 (or rediss://, redis+socket://)")
    return value


def _database(value: Any) -> Any:
    if isinstance(value, str) and urlsplit(value).scheme not in DATABASE_SCHEMES:
        raise ValueError("postgres://user:password@host:5432/name or sqlite:///path/to/file")
    return value


Boolean = Annotated[bool, BeforeValidator(_boolean)]
Names = Annotated[tuple[str, ...], BeforeValidator(_names)]
Addresses = Annotated[tuple[str, ...], BeforeValidator(_addresses)]
HttpsUrl = Annotated[str, BeforeValidator(_https)]
SecretHttpsUrl = Annotated[SecretStr, BeforeValidator(_https)]
Dsn = Annotated[SecretStr, BeforeValidator(_dsn)]
SourceToken = Annotated[SecretStr, BeforeValidator(_source_token)]
SlackToken = Annotated[SecretStr, BeforeValidator(_slack_token)]
BrokerUrl = Annotated[SecretStr, BeforeValidator(_broker)]
DatabaseUrl = Annotated[SecretStr, BeforeValidator(_database)]
