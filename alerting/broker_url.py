"""CELERY_BROKER_URL, read once for all who connect: the worker, the request budget, `alerting check`. Pure.

redis:// and rediss:// as redis-py writes them, redis+socket:// as kombu does, and Redis Sentinels, in any number:
sentinel://:password@h1:26379;sentinel://h2:26379/0?master_name=m, where user, password and database are Redis's own;
the Sentinels' are sentinel_username= and sentinel_password=, and ssl=true encrypts both. TLS is verified unless
ssl_cert_reqs=none.
"""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit

REDIS_PORT, SENTINEL_PORT = 6379, 26379
VERIFIED, UNVERIFIED = "required", "none"
CERT_REQS = frozenset({VERIFIED, "optional", UNVERIFIED})
TLS_OPTIONS = ("ssl_cert_reqs", "ssl_ca_certs", "ssl_certfile", "ssl_keyfile", "ssl_check_hostname")


@dataclass(frozen=True, slots=True)
class BrokerUrl:
    """`hosts` are Redis itself, or its Sentinels where `master_name` is set; empty for a socket at `path`."""

    hosts: tuple[tuple[str, int], ...] = ()
    path: str = ""
    database: int = 0
    user: str = ""
    password: str = field(default="", repr=False)
    is_tls: bool = False
    options: dict[str, str] = field(default_factory=dict, repr=False)
    master_name: str = ""
    sentinel_user: str = ""
    sentinel_password: str = field(default="", repr=False)

    def __str__(self) -> str:
        """Where it leads, as people may see it."""
        places = ", ".join(f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in self.hosts)
        return f"{self.master_name} by the Sentinels {places}" if self.master_name else places or self.path

    @property
    def is_verified(self) -> bool:
        """Whether somebody else's certificate would be refused."""
        return not self.is_tls or self.options.get("ssl_cert_reqs", VERIFIED) != UNVERIFIED

    def for_kombu(self) -> str:
        """The URL as Celery's transport understands it; what it does not read there stands in `for_sentinels`."""
        if self.path:
            return f"redis+socket://{self._login()}{quote(self.path)}?virtual_host={self.database}"
        query = "?" + urlencode({"ssl_cert_reqs": VERIFIED, **self.options}) if self.is_tls else ""
        scheme = "sentinel" if self.master_name else "rediss" if self.is_tls else "redis"
        place = [f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in self.hosts]
        return ";".join(f"{scheme}://{self._login()}{each}/{self.database}{query}" for each in place)

    def for_redis(self) -> dict[str, Any]:
        """What redis-py wants to know besides the place."""
        login = {"username": self.user or None, "password": self.password or None, "db": self.database}
        return {**login, **self._tls()}

    def for_sentinels(self) -> dict[str, Any]:
        """What redis-py wants to know about the Sentinels themselves."""
        login = {"username": self.sentinel_user or None, "password": self.sentinel_password or None}
        return {**login, **self._tls()}

    def _tls(self) -> dict[str, Any]:
        if not self.is_tls:
            return {}
        checks_name = {"ssl_check_hostname": self.options.get("ssl_check_hostname", "true") == "true"}
        return {"ssl": True, "ssl_cert_reqs": VERIFIED, **self.options, **checks_name}

    def _login(self) -> str:
        password = f":{quote(self.password, safe='')}" if self.password else ""
        return f"{quote(self.user, safe='')}{password}@" if self.user or password else ""


class BrokerUrlError(ValueError):
    """The URL cannot be read; the message says what is wrong and quotes nothing but names of options."""


def parse(url: str) -> BrokerUrl:
    """The URL's parts; raises BrokerUrlError."""
    scheme = url.partition("://")[0].lower()
    places = [_split(each, scheme) for each in url.split(";")] if scheme == "sentinel" else [_split(url, scheme)]
    options = dict(pair for parts in places for pair in parse_qsl(parts.query))
    user = next((unquote(parts.username) for parts in places if parts.username), "")
    password = next((unquote(parts.password) for parts in places if parts.password), "")
    if scheme == "redis+socket":
        database = _number(options.pop("virtual_host", ""))
        _know_all(options, ())
        return BrokerUrl(path=unquote(places[0].path), database=database, user=user, password=password)
    database = _number(next((parts.path for parts in places if parts.path.strip("/")), options.pop("db", "")))
    own = {name: options.pop(name, "") for name in ("master_name", "sentinel_username", "sentinel_password", "ssl")}
    is_tls = scheme == "rediss" or own["ssl"].lower() == "true"
    _know_all(options, TLS_OPTIONS if is_tls else ())
    if scheme == "sentinel" and not own["master_name"]:
        raise BrokerUrlError("Sentinels need the name of what they watch: ?master_name=mymaster")
    if scheme != "sentinel" and (unknown := next((name for name, value in own.items() if value), "")):
        raise BrokerUrlError(f"the option {unknown} is for sentinel:// only (TLS is rediss://)")
    port = SENTINEL_PORT if scheme == "sentinel" else REDIS_PORT
    return BrokerUrl(
        tuple((parts.hostname or "localhost", parts.port or port) for parts in places),
        database=database,
        user=user,
        password=password,
        is_tls=is_tls,
        options=_tls_options(options),
        master_name=own["master_name"],
        sentinel_user=own["sentinel_username"],
        sentinel_password=own["sentinel_password"],
    )


def _split(url: str, scheme: str) -> SplitResult:
    parts = urlsplit(url if "://" in url else f"{scheme}://{url}")
    if parts.scheme != scheme:
        raise BrokerUrlError("every Sentinel is written as sentinel://host:26379")
    return parts


def _number(text: str) -> int:
    database = text.strip("/") or "0"
    if not (database.isascii() and database.isdigit()):
        raise BrokerUrlError("the database is a number")
    return int(database)


def _know_all(options: dict[str, str], known: tuple[str, ...]) -> None:
    if unknown := next((name for name in options if name not in known), ""):
        raise BrokerUrlError(f"the option {unknown[:40]} is not known")


def _tls_options(options: dict[str, str]) -> dict[str, str]:
    """In one spelling each; kombu also takes CERT_NONE for none."""
    if "ssl_cert_reqs" in options:
        options["ssl_cert_reqs"] = options["ssl_cert_reqs"].lower().removeprefix("cert_")
        if options["ssl_cert_reqs"] not in CERT_REQS:
            raise BrokerUrlError("ssl_cert_reqs is required, optional or none")
    if "ssl_check_hostname" in options:
        options["ssl_check_hostname"] = str(options["ssl_check_hostname"].lower() != "false").lower()
    return options
