"""Keeps profiling off where it would stop the program for good: on some interpreters, and under gevent or eventlet."""

import sys
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

# Every way the SDK has of being told to profile, and of being told not to.
RATES = ("profiles_sample_rate", "profile_session_sample_rate")
SAMPLER = "profiles_sampler"
# The profiler calls `sys._current_frames()`, which deadlocks there when the garbage collector frees a thread's local
# data during the call: https://github.com/python/cpython/issues/106883
_DEADLOCKS_FROM, _MENDED_IN = (3, 11), (3, 11, 12)
# What tells whether a library has put itself in the place of threads, and the modules it is asked about.
_GREEN = {"gevent": ("gevent.monkey", "is_module_patched"), "eventlet": ("eventlet.patcher", "is_monkey_patched")}
_REPLACED = ("threading", "_thread", "thread", "socket", "select", "time")


def without_unsafe_profiling(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options as they are, or without profiling and with one warning where profiling can stop this process."""
    experiments = options.get("_experiments") or {}
    asked = [options.get(SAMPLER), *(options.get(name) for name in RATES), experiments.get("profiles_sample_rate")]
    dangers = list(_dangers()) if any(asked) else []
    if not dangers:
        return dict(options)
    warnings.warn(f"Profiling stays off although it was asked for: {'; '.join(dangers)}.", RuntimeWarning, stacklevel=3)
    kept = {name: value for name, value in options.items() if name not in {SAMPLER, *RATES}}
    if experiments:
        kept["_experiments"] = {name: value for name, value in experiments.items() if name != "profiles_sample_rate"}
    return {**kept, "profiles_sample_rate": 0.0}


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
