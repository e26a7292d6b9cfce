"""The kinds of value the environment holds, each refusing nonsense with a sentence that says what was expected."""

import ipaddress
import re
from email.utils import parseaddr
from functools import partial
from pathlib import Path
from typing import Annotated, Any, get_args
from urllib.parse import SplitResult, parse_qs, urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from pydantic import BeforeValidator, SecretStr
from pydantic.fields import FieldInfo

from alerting import broker_url
from alerting.broker_url import BrokerUrlError
from alerting.rules.levels import LEVELS

TRUE_WORDS = frozenset({"true", "1", "yes", "on"})
FALSE_WORDS = frozenset({"false", "0", "no", "off"})
BROKER_SCHEMES = frozenset({"redis", "rediss", "redis+socket", "sentinel"})
POSTGRES_SCHEMES = frozenset({"postgres", "postgresql", "pgsql"})
BROKER = "a Redis URL such as redis://host:6379/0 (or rediss://, redis+socket://, sentinel://)"
DATABASE = "postgres://user:password@host:5432/name or sqlite:///path/to/file"
LONGEST_SHOWN = 200
# The first words of pages in Sentry's web interface (sentry/conf/urls, react router).
_PAGE = re.compile(
    r"/(?:organizations|issues|projects|settings|explore|dashboards|insights|alerts|monitors|auth|performance|discover|"
    r"releases|replays|traces|stats|onboarding|feedback)(?:/|$)"
)
ENCODED = "; characters such as / # @ in a password are written as %2F %23 %40"


def shown(value: str) -> str:
    """A bad value as it may be shown: short, and without the login and the query of a URL."""
    text = re.sub(r"(?<=//)\S*@", "[secret]@", value)
    if "://" in text:
        text = re.sub(r"[?#].*", "?[secret]", text, flags=re.DOTALL)
    return repr(text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…")


def bounds(field: FieldInfo) -> str:
    """The limits of a numeric field in words, empty where it has none."""
    limits: dict[str, Any] = {}
    stack: list[Any] = [field.annotation, *field.metadata]
    while stack:
        part = stack.pop()
        stack += get_args(part)
        stack += getattr(part, "metadata", ())
        for key in ("ge", "gt", "le"):
            if getattr(part, key, None) is not None:
                limits[key] = getattr(part, key)
    if "gt" in limits:
        return f"greater than {limits['gt']}"
    if "ge" in limits and "le" in limits:
        return f"from {limits['ge']} to {limits['le']}"
    return f"of at least {limits['ge']}" if "ge" in limits else ""


def is_loopback(host: str) -> bool:
    """Whether a host name or address can only mean this machine."""
    if host.lower().rstrip(".") == "localhost" or host.lower().endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _boolean(value: str) -> bool:
    word = value.lower()
    if word in TRUE_WORDS or word in FALSE_WORDS:
        return word in TRUE_WORDS
    raise ValueError("true or false (also 1/0, yes/no, on/off)")


def _names(value: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in value.split(",") if part.strip()))


def _levels(value: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name.lower() for name in _names(value)))
    if not names or not set(names) <= set(LEVELS):
        unknown = "".join(f" ({name!r} is none)" for name in names if name not in LEVELS)
        raise ValueError(f"comma-separated levels out of {', '.join(LEVELS)}{unknown}")
    return names


def _addresses(value: str) -> tuple[str, ...]:
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


def _open_https(value: str) -> str:
    # It is shown and linked to, and a login in it would take the place of our token in every request.
    if "@" in urlsplit(check_url(value)).netloc:
        raise ValueError("an https:// URL without a user or password in it")
    return value


def _sentry(value: str) -> str:
    if re.search(r"/api/0/?$", _open_https(value)):
        raise ValueError("the https:// URL of Sentry's web interface, without /api/0")
    parts = urlsplit(value)
    place = f"{parts.scheme}://{parts.netloc}"
    if ".ingest." in f".{parts.hostname}":
        raise ValueError("the https:// URL of Sentry's web interface, such as https://sentry.io, not where events go")
    if (page := _PAGE.search(parts.path)) or parts.query or parts.fragment:
        before = parts.path[: page.start()] if page else parts.path.rstrip("/")
        raise ValueError(f"Sentry's address alone, {place}{before}, without the page that a browser shows behind it")
    return value


def _dsn(value: str) -> str:
    check_url(value)
    parts = urlsplit(value)
    if not parts.username or not parts.path.rsplit("/", 1)[-1].isdigit():
        raise ValueError("a DSN such as https://<key>@<host>/<project id>")
    return value


def _source_token(value: str) -> str:
    if value.startswith("sntrys_"):
        raise ValueError(
            "a token that may read: an internal integration's or a user token; an organisation auth token (sntrys_…) "
            "is for uploads in CI and Sentry lets it read nothing"
        )
    if re.search(r"[^\x21-\x7e]", value):
        raise ValueError("a token without blanks or line breaks")
    return value


def _slack_token(value: str) -> str:
    if not re.fullmatch(r"xox[\x21-\x7e]+", value):
        raise ValueError("a Slack bot token (it starts with xoxb- and has no blanks)")
    return value


def _sender(value: str) -> str:
    if "@" not in parseaddr(value)[1] or re.search(r"[\r\n]", value):
        raise ValueError("an email address, or Name <address>")
    return value


def _parts(url: str, expected: str) -> SplitResult:
    """The URL in parts, all of which can be read. What Python says of a bad one quotes it, password and all."""
    try:
        parts = urlsplit(url)
        is_odd = bool(parts.fragment) or (bool(parts.netloc) and not parts.hostname) or parts.port == 0
    except ValueError:
        raise ValueError(expected + ENCODED) from None
    if is_odd:
        raise ValueError(expected + ENCODED)
    return parts


def _broker(value: str) -> str:
    scheme = value.partition(":")[0].lower()
    if scheme not in BROKER_SCHEMES or "://" not in value:
        raise ValueError(BROKER)
    for one in value.split(";") if scheme == "sentinel" else [value]:
        parts = _parts(one if "://" in one else f"{scheme}://{one}", BROKER)
        if scheme != "redis+socket" and not re.fullmatch(r"(/\d*)?", parts.path):
            raise ValueError(f"{BROKER}, with the number of a database after the host")
    try:
        broker_url.parse(value)
    except BrokerUrlError as error:
        raise ValueError(f"{BROKER}; {error}") from None
    return value


def _database(value: str) -> str:
    scheme = value.partition(":")[0].lower()
    if "://" in value and scheme == "sqlite":
        if _parts(value, DATABASE).path.strip("/") in {"", ":memory:"}:
            raise ValueError(f"{DATABASE} (a database in memory is not shared by worker and beat)")
        return value
    if "://" not in value or scheme not in POSTGRES_SCHEMES:
        raise ValueError(DATABASE)
    parts = _parts(value, DATABASE)
    if not parts.path.strip("/") and "service" not in parse_qs(parts.query):
        raise ValueError(f"{DATABASE}, with the database's name")
    return value


def _name(value: str, pattern: str, longest: int) -> str:
    # Sentry's own rules, as init_sentry has them: it would refuse to start with another name.
    if not (re.fullmatch(pattern, value) and len(value) <= longest):
        raise ValueError(f"a name of at most {longest} characters without / or line breaks")
    return value


def _bind(value: str) -> str:
    host, _, port = value.rpartition(":")
    is_address = is_loopback(host) or _is_address(host.strip("[]"))
    if not (is_address and port.isdecimal() and 0 <= int(port) <= 65_535):
        raise ValueError("an address and a port, such as 127.0.0.1:8000, [::1]:8000 or 0.0.0.0:8000")
    return value


def _networks(value: str) -> tuple[str, ...]:
    names = _names(value)
    for name in names:
        try:
            network = ipaddress.ip_network(name, strict=False)
        except ValueError:
            raise ValueError(f"comma-separated addresses or networks such as 10.0.0.0/8 ({name!r} is none)") from None
        if network.prefixlen == 0:
            raise ValueError(f"addresses or networks of your own proxies ({name!r} is everybody)")
    return names


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _folder(value: str) -> str:
    try:
        Path(value).expanduser()
    except RuntimeError:
        raise ValueError("a directory (nobody knows the home directory that its ~ stands for)") from None
    return value


Boolean = Annotated[bool, BeforeValidator(_boolean)]
Names = Annotated[tuple[str, ...], BeforeValidator(_names)]
Levels = Annotated[tuple[str, ...], BeforeValidator(_levels)]
Networks = Annotated[tuple[str, ...], BeforeValidator(_networks)]
Bind = Annotated[str, BeforeValidator(_bind)]
Sender = Annotated[str, BeforeValidator(_sender)]
Addresses = Annotated[tuple[str, ...], BeforeValidator(_addresses)]
HttpsUrl = Annotated[str, BeforeValidator(_open_https)]
SentryUrl = Annotated[str, BeforeValidator(_sentry)]
SecretHttpsUrl = Annotated[SecretStr, BeforeValidator(check_url)]
Folder = Annotated[Path, BeforeValidator(_folder)]
Environment = Annotated[str, BeforeValidator(partial(_name, pattern=r"(?i)(?!none\Z)[^/\r\n\f]+", longest=64))]
Release = Annotated[str, BeforeValidator(partial(_name, pattern=r"[^/\\\r\n\t\f\v]+", longest=250))]
Dsn = Annotated[SecretStr, BeforeValidator(_dsn)]
SourceToken = Annotated[SecretStr, BeforeValidator(_source_token)]
SlackToken = Annotated[SecretStr, BeforeValidator(_slack_token)]
BrokerUrl = Annotated[SecretStr, BeforeValidator(_broker)]
DatabaseUrl = Annotated[SecretStr, BeforeValidator(_database)]
