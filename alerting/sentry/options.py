"""What `init_sentry` is told, by the environment and by its caller, checked as a whole before anything starts."""

import math
import os
import re
import sys
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sentry_sdk.consts import DEFAULT_OPTIONS
from sentry_sdk.integrations import Integration
from sentry_sdk.utils import Dsn

from alerting.sentry.hooks import HOOKS

RATE_BY_ENVIRONMENT: Mapping[str, float] = {"production": 0.1, "staging": 0.5, "development": 1.0}
# An environment of another name is sampled like development; the evaluator's settings assume the same.
OTHER_ENVIRONMENTS_RATE = 1.0
# Every way the SDK has of being told to profile, and of being told not to: two rates and a function.
_PROFILING = ("profiles_sample_rate", "profile_session_sample_rate", "profiles_sampler")
# The profiler calls `sys._current_frames()`, which deadlocks there when the garbage collector frees a thread's local
# data during the call: https://github.com/python/cpython/issues/106883
_DEADLOCKS_FROM, _MENDED_IN = (3, 11), (3, 11, 12)
# What tells whether a library has put itself in the place of threads, and the modules it is asked about.
_GREEN = {"gevent": ("gevent.monkey", "is_module_patched"), "eventlet": ("eventlet.patcher", "is_monkey_patched")}
_REPLACED = ("threading", "_thread", "thread", "socket", "select", "time")
# What the SDK calls while it serves the application, without guarding itself in every version.
SAMPLERS = ("traces_sampler", "profiles_sampler")
_A_RATE = "a number from 0.0 to 1.0"
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


def _is_rate(value: Any) -> bool:
    return isinstance(value, int | float) and 0 <= value <= 1


def _is_list_of(value: Any, *kinds: type) -> bool:
    return isinstance(value, list | tuple | set | frozenset) and all(isinstance(one, kinds) for one in value)


# What an option takes, and how that is said. Of other values the SDK would fail later, or take no notice.
_EXPECTED: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    **dict.fromkeys(("sample_rate", "traces_sample_rate", *_PROFILING[:2]), (_is_rate, _A_RATE)),
    **dict.fromkeys(("scrub", *HOOKS), (callable, "a function of (item, hint)")),
    **dict.fromkeys((*SAMPLERS, "error_sampler"), (callable, "a function")),
    "ignore_errors": (lambda value: _is_list_of(value, str, type), "a list of exception classes or their names"),
    "integrations": (lambda value: _is_list_of(value, Integration), "a list of integrations"),
    "failed_request_status_codes": (
        lambda value: isinstance(value, Collection) and all(isinstance(one, int) for one in value),
        "a collection of numbers",
    ),
    "event_scrubber": (lambda value: callable(getattr(value, "scrub_event", None)), "an EventScrubber"),
    "_experiments": (lambda value: isinstance(value, Mapping), "a dictionary"),
}
_EXPECTED_BY_DEFAULT: Mapping[type, tuple[Callable[[Any], bool], str]] = {
    bool: (lambda value: isinstance(value, bool | int), "True or False"),
    **dict.fromkeys((int, float), (lambda value: type(value) in (int, float) and value >= 0, "a number of at least 0")),
}
# Option, variable, and what Sentry itself takes; of an event with another name it keeps everything but that name.
_NAMES = (
    ("environment", "SENTRY_ENVIRONMENT", "development", 64, r"(?i:(?!none\Z)[^/\r\n\f]+)"),
    ("release", "APP_VERSION", None, 250, r"[^/\\\r\n\t\f\v]+"),
)


def resolve(overrides: Mapping[str, Any], **own: Any) -> dict[str, Any]:
    """The options that the environment and the caller decide, the caller's word going first.

    `own` are arguments of this package, which are checked only. An empty `dsn` in the answer means: stay off. Raises
    SentrySetupError naming every mistake. Without a DSN only the caller's own count: an application without Sentry
    starts whatever else its environment holds.
    """
    problems = list(_mistakes({**overrides, **own}, {*DEFAULT_OPTIONS, *own}))
    options = {name: value for name, value in overrides.items() if name != "data_collection"}
    dsn = _dsn_of_environment(problems) if options.get("dsn") is None else str(options["dsn"]).strip()
    options["dsn"] = dsn
    if dsn:
        problems += _mistakes_in_dsn(dsn)
        _add_names(options, problems)
        rate = RATE_BY_ENVIRONMENT.get(str(options["environment"]).lower(), OTHER_ENVIRONMENTS_RATE)
        if "traces_sample_rate" not in overrides:
            options["traces_sample_rate"] = _rate("SENTRY_TRACES_SAMPLE_RATE", rate, problems)
        # Of the SDK's ways to profile, only the one by transaction has a rate in the environment.
        if not {*_PROFILING, "trace_lifecycle"} & overrides.keys():
            options["profiles_sample_rate"] = _rate("SENTRY_PROFILES_SAMPLE_RATE", 0.0, problems)
    if problems:
        raise SentrySetupError(problems)
    return _without_unsafe_profiling(options) if dsn else options


def _mistakes(told: Mapping[str, Any], known: Collection[str]) -> Iterator[str]:
    """Mistakes in what the caller passed, as sentences."""
    experiments = told.get("_experiments")
    collections = (told, experiments if isinstance(experiments, Mapping) else {})
    if any(one.get("data_collection") is not None for one in collections):
        yield _DATA_COLLECTION
    for name, value in told.items():
        if name == "data_collection":  # older SDKs do not know it
            continue
        default = DEFAULT_OPTIONS.get(name)
        fits, expected = _EXPECTED.get(name) or _EXPECTED_BY_DEFAULT.get(type(default), (bool, ""))
        if name not in known:
            yield f"{name}: sentry_sdk.init has no such option"
        elif expected and not fits(value) and (value is not None or name not in DEFAULT_OPTIONS):
            yield f"{name}: expected {expected}, got {value!r}"


def _dsn_of_environment(problems: list[str]) -> str:
    """The DSN from `SENTRY_DSN` or the file `SENTRY_DSN_FILE` names; empty where neither is set."""
    plain, path = _variable("SENTRY_DSN"), _variable("SENTRY_DSN_FILE")
    if plain and path:
        problems.append("SENTRY_DSN: set both directly and through SENTRY_DSN_FILE; keep one of them")
    if plain or not path:
        return plain
    # Somebody put the DSN itself there.
    shown = path if "://" not in path else "its value, which is an address and no path"
    try:
        value = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        problems.append(f"SENTRY_DSN_FILE: cannot read {shown}: {why}")
        return ""
    if not value:
        problems.append(f"SENTRY_DSN_FILE: {shown} is empty")
    return value


def _mistakes_in_dsn(dsn: str) -> Iterator[str]:
    """Mistakes in a DSN, never quoting it: its key is a secret of sorts."""
    try:
        read = Dsn("" if re.search(r"\s", dsn) else dsn)
    except ValueError:
        yield "SENTRY_DSN: expected a DSN such as https://<key>@<host>/<project id>, got a value that is not shown"
        return
    if read.scheme == "http" and not re.fullmatch(r"(.*\.)?localhost|127(\.\d+){3}|::1", read.host):
        yield (
            "SENTRY_DSN: expected an https:// URL (http:// is accepted for loopback hosts only, "
            f"{read.host} is not one)"
        )


def _add_names(options: dict[str, Any], problems: list[str]) -> None:
    for option, variable, default, longest, pattern in _NAMES:
        value = options.get(option)
        value = options[option] = _variable(variable) or default if value is None else value
        fits = isinstance(value, str) and len(value) <= longest and re.fullmatch(pattern, value)
        if value is not None and not fits:
            problems.append(
                f"{variable}: expected a name of at most {longest} characters without / or line breaks, "
                f"got {repr(value)[:100]}"
            )


def _rate(name: str, default: float, problems: list[str]) -> float:
    text = _variable(name)
    try:
        value = float(text or default)
    except ValueError:
        value = math.nan
    if not _is_rate(value):
        problems.append(f"{name}: expected {_A_RATE}, got {text!r}")
    return value


def _variable(name: str) -> str:
    return os.environ.get(name, "").strip()


def _without_unsafe_profiling(options: dict[str, Any]) -> dict[str, Any]:
    """The options as they are, or without profiling and with one warning where profiling can stop this process."""
    experiments = options.get("_experiments") or {}
    is_asked = any(held.get(name) for held in (options, experiments) for name in _PROFILING)
    dangers = "; ".join(_dangers()) if is_asked else ""
    if not dangers:
        return options
    warnings.warn(f"Profiling stays off although it was asked for: {dangers}.", RuntimeWarning, stacklevel=4)
    others = {name: value for name, value in experiments.items() if name not in _PROFILING}
    return {**options, **dict.fromkeys(_PROFILING), "profiles_sample_rate": 0.0, "_experiments": others}


def running_python() -> tuple[str, tuple[int, ...]]:
    return sys.implementation.name, sys.version_info[:3]


def _dangers() -> Iterator[str]:
    name, version = running_python()
    if name == "cpython" and _DEADLOCKS_FROM <= version < _MENDED_IN:
        running = ".".join(map(str, version))
        yield f"Python {running} can stand still for ever while it is profiled, Python 3.11.12 or newer does not"
    for library, (module, question) in _GREEN.items():
        is_replaced = getattr(sys.modules.get(module), question, None)
        if is_replaced is not None and any(is_replaced(name) for name in _REPLACED):
            yield f"{library} runs this process and profiling can stop it, processes and threads are safe"
