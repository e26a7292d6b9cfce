"""What `init_sentry` is told, by the environment and by its caller, checked as a whole before anything starts."""

import ipaddress
import math
import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sentry_sdk.consts import DEFAULT_OPTIONS
from sentry_sdk.integrations import Integration

from alerting.sentry import profiling
from alerting.sentry.hooks import HOOKS

RATE_BY_ENVIRONMENT: Mapping[str, float] = {"production": 0.1, "staging": 0.5, "development": 1.0}
# An environment of another name is sampled like development; the evaluator's settings assume the same.
OTHER_ENVIRONMENTS_RATE = 1.0

_RATES = ("sample_rate", "traces_sample_rate", *profiling.RATES)
# What the SDK calls while it serves the application, without guarding itself in every version.
SAMPLERS = ("traces_sampler", profiling.SAMPLER)
# What Sentry itself takes; of an event with another name it keeps everything but that name.
_NAME_RULES: Mapping[str, tuple[re.Pattern[str], int]] = {
    "environment": (re.compile(r"(?!none\Z)[^/\r\n\f]+", re.IGNORECASE), 64),
    "release": (re.compile(r"[^/\\\r\n\t\f\v]+"), 250),
}
_LISTS: Mapping[str, tuple[Any, Any, str]] = {
    "ignore_errors": (list | tuple | set | frozenset, str | type, "a list of exception classes or their names"),
    "integrations": (list | tuple, Integration, "a list of integrations"),
}
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


def _mistakes(overrides: Mapping[str, Any]) -> Iterator[str]:
    """Mistakes in what the caller passed, as sentences."""
    experiments = overrides.get("_experiments") or {}
    if not isinstance(experiments, Mapping):
        yield f"_experiments: expected a dictionary, got {experiments!r}"
        experiments = {}
    if overrides.get("data_collection") is not None or experiments.get("data_collection") is not None:
        yield _DATA_COLLECTION
    for name, value in overrides.items():
        if name == "data_collection":  # older SDKs do not know it
            continue
        if name not in DEFAULT_OPTIONS:
            yield f"{name}: sentry_sdk.init has no such option"
        elif value is not None and (expected := _unmet(name, value)):
            yield f"{name}: expected {expected}, got {value!r}"


def _unmet(name: str, value: Any) -> str:
    """What the option `name` expects, where the value is something else. The SDK would fail later, or not at all."""
    default = DEFAULT_OPTIONS[name]
    if name in _RATES:
        return "" if isinstance(value, int | float) and 0 <= value <= 1 else _EXPECTED_RATE
    if name in HOOKS:
        return "" if callable(value) else "a function of (item, hint)"
    if name in {*SAMPLERS, "error_sampler"}:
        return "" if callable(value) else "a function"
    if name in _LISTS:
        holders, members, expected = _LISTS[name]
        fits = isinstance(value, holders) and all(isinstance(one, members) for one in value)
        return "" if fits else expected
    if name == "event_scrubber":
        return "" if callable(getattr(value, "scrub_event", None)) else "an EventScrubber"
    if isinstance(default, bool):
        return "" if isinstance(value, bool | int) else "True or False"
    if isinstance(default, int | float):
        fits = isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
        return "" if fits else "a number of at least 0"
    return ""


def check_arguments(scrub: Any, failed_request_status_codes: Any) -> Iterator[str]:
    """Mistakes in the arguments that are this package's own."""
    if not callable(scrub):
        yield f"scrub: expected a function of (event, hint), got {scrub!r}"
    codes = failed_request_status_codes
    if not isinstance(codes, Collection) or not all(isinstance(one, int) for one in codes):
        yield f"failed_request_status_codes: expected a collection of numbers, got {codes!r}"


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
        # Somebody put the DSN itself there.
        shown = path if "://" not in path else "its value, which is an address and no path"
        problems.append(f"SENTRY_DSN_FILE: cannot read {shown}: {why}")
        return ""
    if not value:
        problems.append(f"SENTRY_DSN_FILE: {path} is empty")
    return value


def resolve(
    overrides: Mapping[str, Any], mistakes: Sequence[str] = (), environ: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """The options that the environment and the caller decide, the caller's word going first.

    An empty `dsn` in the answer means: stay off. Raises SentrySetupError naming every mistake, those found before too.
    Without a DSN only the caller's own count: an application without Sentry starts whatever else its environment holds.
    """
    env = os.environ if environ is None else environ
    problems = [*_mistakes(overrides), *mistakes]
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
        from_environment += [
            *_misnamed("SENTRY_ENVIRONMENT", "environment", options["environment"]),
            *_misnamed("APP_VERSION", "release", options["release"]),
        ]
        default = RATE_BY_ENVIRONMENT.get(str(options["environment"]).lower(), OTHER_ENVIRONMENTS_RATE)
        if "traces_sample_rate" not in overrides:
            options["traces_sample_rate"] = _rate("SENTRY_TRACES_SAMPLE_RATE", env, default, from_environment)
        # Of the SDK's ways to profile, only the one by transaction has a rate in the environment.
        if not {*profiling.RATES, profiling.SAMPLER, "trace_lifecycle"} & overrides.keys():
            options["profiles_sample_rate"] = _rate("SENTRY_PROFILES_SAMPLE_RATE", env, 0.0, from_environment)
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
    readable = parts.scheme in {"http", "https"} and host and parts.username and project.isdigit()
    if not readable or any(character.isspace() for character in dsn):
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


def _misnamed(variable: str, option: str, value: Any) -> Iterator[str]:
    pattern, longest = _NAME_RULES[option]
    if value is not None and not (isinstance(value, str) and pattern.fullmatch(value) and len(value) <= longest):
        shown = repr(value)[:100]
        yield f"{variable}: expected a name of at most {longest} characters without / or line breaks, got {shown}"


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
