"""What `init_sentry` is told, by the environment and by its caller, checked as a whole before anything starts."""

import ipaddress
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sentry_sdk.consts import DEFAULT_OPTIONS

from alerting.sentry.hooks import HOOKS

RATE_BY_ENVIRONMENT: Mapping[str, float] = {"production": 0.1, "staging": 0.5, "development": 1.0}
# An environment of another name is sampled like development; the evaluator's settings assume the same.
OTHER_ENVIRONMENTS_RATE = 1.0

_RATES = ("sample_rate", "traces_sample_rate", "profiles_sample_rate", "profile_session_sample_rate")
_EXPECTED_RATE = "a number from 0.0 to 1.0"
_DATA_COLLECTION = (
    "data_collection: not accepted, because giving it at all makes sentry-sdk switch its scrubber off, even one passed "
    "explicitly; leave it out (send_default_pii=False and this package's scrubbing decide what is sent)"
)


class SentrySetupError(ValueError):
    """`init_sentry` was told something it cannot do. `problems` names every mistake at once, secrets masked."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        count = len(self.problems)
        heading = f"{count} mistake{'s' if count != 1 else ''} in the Sentry setup:"
        super().__init__("\n".join([heading, *(f"  - {problem}" for problem in self.problems)]))


def check_overrides(overrides: Mapping[str, Any]) -> list[str]:
    """Mistakes in what the caller passed, as sentences."""
    problems: list[str] = []
    experiments = overrides.get("_experiments") or {}
    if overrides.get("data_collection") is not None or experiments.get("data_collection") is not None:
        problems.append(_DATA_COLLECTION)
    problems += [f"{name}: sentry_sdk.init has no such option" for name in overrides if name not in DEFAULT_OPTIONS]
    for name in _RATES:
        value = overrides.get(name)
        if value is not None and (not isinstance(value, int | float) or not 0 <= value <= 1):
            problems.append(f"{name}: expected {_EXPECTED_RATE}, got {value!r}")
    for name in HOOKS:
        if overrides.get(name) is not None and not callable(overrides[name]):
            problems.append(f"{name}: expected a function of (item, hint), got {overrides[name]!r}")
    ignored = overrides.get("ignore_errors") or ()
    if not isinstance(ignored, list | tuple | set | frozenset) or not all(
        isinstance(one, str | type) for one in ignored
    ):
        problems.append(f"ignore_errors: expected a list of exception classes or their names, got {ignored!r}")
    if not isinstance(overrides.get("integrations") or [], list | tuple):
        problems.append(f"integrations: expected a list, got {overrides['integrations']!r}")
    return problems


def read_dsn(environ: Mapping[str, str], problems: list[str]) -> str:
    """The DSN of the environment, from `SENTRY_DSN` or the file `SENTRY_DSN_FILE` names; empty where neither is set."""
    plain, path = environ.get("SENTRY_DSN", "").strip(), environ.get("SENTRY_DSN_FILE", "").strip()
    if not path:
        return plain
    if plain:
        problems.append("SENTRY_DSN: set both directly and through SENTRY_DSN_FILE; keep one of them")
        return plain
    try:
        value = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        problems.append(f"SENTRY_DSN_FILE: cannot read {path}: {why}")
        return ""
    if not value:
        problems.append(f"SENTRY_DSN_FILE: {path} is empty")
    return value


def resolve(overrides: Mapping[str, Any], environ: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The options that the environment and the caller decide, the caller's word going first.

    An empty `dsn` in the answer means: stay off. Raises SentrySetupError naming every mistake; without a DSN only the
    caller's own mistakes count, so that an application without Sentry starts whatever else is in its environment.
    """
    env = os.environ if environ is None else environ
    problems = check_overrides(overrides)
    from_environment: list[str] = []
    options = dict(overrides)
    options.pop("data_collection", None)
    if options.get("dsn") is None:
        options["dsn"] = read_dsn(env, from_environment)
    options["dsn"] = str(options["dsn"]).strip()
    if options["dsn"]:
        from_environment += dsn_problems(options["dsn"])
        if options.get("environment") is None:
            options["environment"] = env.get("SENTRY_ENVIRONMENT", "").strip() or "development"
        if options.get("release") is None:
            options["release"] = env.get("APP_VERSION", "").strip() or None
        default = RATE_BY_ENVIRONMENT.get(str(options["environment"]).lower(), OTHER_ENVIRONMENTS_RATE)
        if "traces_sample_rate" not in overrides:
            options["traces_sample_rate"] = _rate("SENTRY_TRACES_SAMPLE_RATE", env, default, from_environment)
        # Of the SDK's ways to profile, only the one by transaction has a rate in the environment.
        other_ways = {"profiles_sample_rate", "profile_session_sample_rate", "profiles_sampler", "trace_lifecycle"}
        if not other_ways & overrides.keys():
            options["profiles_sample_rate"] = _rate("SENTRY_PROFILES_SAMPLE_RATE", env, default, from_environment)
    if problems + from_environment:
        raise SentrySetupError(problems + from_environment)
    return options


def dsn_problems(dsn: str) -> list[str]:
    """Mistakes in a DSN, never quoting it: its key is a secret of sorts."""
    try:
        parts = urlsplit(dsn)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        parts, host = urlsplit(""), ""
    project = parts.path.rsplit("/", 1)[-1]
    if parts.scheme not in {"http", "https"} or not host or not parts.username or not project.isdigit():
        return ["SENTRY_DSN: expected a DSN such as https://<key>@<host>/<project id>, got a value that is not shown"]
    if parts.scheme == "http" and not _is_loopback(host):
        return [
            f"SENTRY_DSN: expected an https:// URL (http:// is accepted for loopback hosts only, {host} is not one)"
        ]
    return []


def masked(dsn: str) -> str:
    """The DSN as it may be shown: host and project, without its key."""
    try:
        parts = urlsplit(dsn)
        authority = parts.netloc.rpartition("@")[2]
    except ValueError:
        return "***"
    return f"{parts.scheme}://***@{authority}{parts.path}"


def _rate(name: str, environ: Mapping[str, str], default: float, problems: list[str]) -> float:
    text = environ.get(name, "").strip()
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= 1:
        problems.append(f"{name}: expected {_EXPECTED_RATE}, got {text!r}")
    return value


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
