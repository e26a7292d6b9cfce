"""`alerting check`: every setting with its origin, then every part tried for real."""

import difflib
import os
import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

import typer
from rich.console import Console
from rich.text import Text

from alerting import config
from alerting.commands import database, env_example, listing
from alerting.commands.wrapping import fitted
from alerting.config import TRACES_RATE_BY_ENVIRONMENT, Settings
from alerting.config_files import FILE_SUFFIX, is_secret
from alerting.errors import AlertingError
from alerting.findings import Finding, Status
from alerting.notifiers import registry
from alerting.notifiers.escape import terminal

DEADLINE_SECONDS = 30.0
# What sentry-cli reads; it looks like SENTRY_ERROR_LEVELS.
OF_OTHERS = frozenset({"SENTRY_LOG_LEVEL"})
MARKS = {
    Status.PASS: ("✓", "green"),
    Status.WARNING: ("!", "yellow"),
    Status.FAIL: ("✗", "red"),
    Status.NOT_CONFIGURED: ("–", "bright_black"),
}
# Where a part's sentence begins.
INDENT = 36
Probe = Callable[[Settings], Finding | list[Finding]]


def check(as_json: listing.AsJson = False) -> None:
    """Print every setting with its origin, then try each part.

    Exit status 1 if one fails.
    """
    settings = config.current()
    doubts = [*config.doubts(settings), *hints(os.environ)]
    if as_json:
        findings = try_all(settings, probes())
        named = [
            {"name": name, "value": _data(name, settings, origin), "origin": origin}
            for name in Settings.model_fields
            for origin in [config.origin(name)]
        ]
        parts = [asdict(finding) for finding in findings]
        listing.as_data({"settings": named, "hints": doubts, "parts": parts})
    else:
        findings = _show(settings, doubts)
    if any(finding.status is Status.FAIL for finding in findings):
        raise typer.Exit(1)


def _show(settings: Settings, doubts: Sequence[str]) -> Sequence[Finding]:
    console = Console(highlight=False, soft_wrap=True)
    for line in setting_lines(settings, os.environ):
        console.print(line)
    for doubt in doubts:
        console.print(Text(f"  ! {fitted(console, terminal(doubt), 4)}", style="yellow"))
    console.print()
    console.print(Text("Parts, each tried for real", style="bold"))
    findings = try_all(settings, probes())
    for finding in findings:
        _print(console, finding)
    failed = sorted({finding.part for finding in findings if finding.status is Status.FAIL})
    console.print()
    console.print(f"Failed: {', '.join(failed)}." if failed else "Nothing failed.")
    return findings


def setting_lines(settings: Settings, environ: Mapping[str, str]) -> Iterator[Text]:
    """Every variable, its value unless secret, and its origin."""
    width = max(len(name) for name in Settings.model_fields)
    for name in Settings.model_fields:
        if name in env_example.HEADINGS:
            yield Text(f"\n{env_example.HEADINGS[name]}", style="bold")
        origin = config.origin(name, environ)
        value, shown = getattr(settings, name), _shown(name, settings, origin)
        line = Text(f"  {name:<{width}}  ")
        line.append(terminal(shown) if shown else "not set", style="" if value else "bright_black")
        line.append(f"  ({origin})", style="bright_black" if origin == "default" else "cyan")
        yield line


def hints(environ: Mapping[str, str]) -> list[str]:
    """Variables that look like ours and are not read: likely slips of the pen."""
    secret = [name + FILE_SUFFIX for name, field in Settings.model_fields.items() if is_secret(field)]
    known = [*Settings.model_fields, *secret]
    found: list[str] = []
    for name in sorted(environ):
        if not name.startswith(("SENTRY_", "ALERTING_")) or name in known or name in OF_OTHERS:
            continue
        shown = terminal(name, 100)
        if name.removesuffix(FILE_SUFFIX) in Settings.model_fields:
            found.append(f"{shown} is not read: only secrets can come from a file.")
        elif near := difflib.get_close_matches(name, known, n=1, cutoff=0.8):
            found.append(f"{shown} is not read: did you mean {near[0]}?")
    return found


def probes() -> dict[str, Probe]:
    """Every part by name, in the order of reading. Needs Django."""
    database.ready()
    from alerting.commands.probes import broker, delivery, evaluation, heartbeat, source, storage

    return {
        "Sentry": source.sentry,
        "Own errors": source.own_errors,
        "Rules": delivery.rules,
        **{each.name.capitalize(): partial(delivery.channel, each) for each in registry.CHANNELS},
        "Heartbeat": heartbeat.probe,
        "Redis": broker.probe,
        "Data directory": storage.data_dir,
        "Database": storage.tables,
        "Evaluation": evaluation.ticks,
    }


def try_all(settings: Settings, parts: Mapping[str, Probe], deadline: float = DEADLINE_SECONDS) -> Sequence[Finding]:
    """Try all parts at once; one that does not end by the deadline (seconds) has failed."""
    arrived: queue.SimpleQueue[tuple[str, Finding | list[Finding]]] = queue.SimpleQueue()

    def run(part: str, probe: Probe) -> None:
        try:
            arrived.put((part, probe(settings)))
        except AlertingError as error:
            arrived.put((part, Finding(part, Status.FAIL, str(error))))
        except Exception as error:  # noqa: BLE001  one broken probe must not hide the others
            said = f"the check itself failed: {type(error).__name__}"
            arrived.put((part, Finding(part, Status.FAIL, said, "This is a defect of ours; please report it.")))

    for part, probe in parts.items():
        threading.Thread(target=run, args=(part, probe), name=part, daemon=True).start()
    ends = time.monotonic() + deadline
    late = f"no answer within {deadline:g} s"
    found = {part: [Finding(part, Status.FAIL, late, "Something on the way hangs.")] for part in parts}
    for _ in parts:
        try:
            part, said = arrived.get(timeout=max(0.0, ends - time.monotonic()))
        except queue.Empty:
            break
        found[part] = [said] if isinstance(said, Finding) else said
    return [finding for part in parts for finding in found[part]]


def _shown(name: str, settings: Settings, origin: str) -> str:
    """The value as people may see it: no secret that somebody set."""
    is_hidden = is_secret(Settings.model_fields[name]) and origin != "default"
    return "set (not shown)" if is_hidden else _plain(name, settings)


def _data(name: str, settings: Settings, origin: str) -> Any:
    """The same for programs: a number is one, a list is one, and null is what is not set."""
    if is_secret(Settings.model_fields[name]) or name == "ALERTING_DATA_DIR":
        return _shown(name, settings, origin) or None
    if name == "SENTRY_TRACES_SAMPLE_RATE":
        return float(_plain(name, settings))
    value = getattr(settings, name)
    return None if value == "" else value


def _plain(name: str, settings: Settings) -> str:
    field = Settings.model_fields[name]
    if is_secret(field):
        return settings.secret(name)
    if name == "ALERTING_DATA_DIR":
        return str(settings.data_dir)
    if name == "SENTRY_TRACES_SAMPLE_RATE" and settings.SENTRY_TRACES_SAMPLE_RATE is None:
        return env_example.shown(TRACES_RATE_BY_ENVIRONMENT.get(settings.SENTRY_ENVIRONMENT.lower(), 1.0))
    return env_example.shown(getattr(settings, name))


def _print(console: Console, finding: Finding) -> None:
    mark, style = MARKS[finding.status]
    line = Text("  ").append(f"{mark} {finding.status.value:<14}", style=style)
    said = fitted(console, terminal(finding.said), INDENT)
    console.print(line.append(f"  {finding.part:<14}  {said}"))
    if finding.advice:
        advice = fitted(console, terminal(finding.advice), INDENT + 2)
        console.print(Text(f"{'':{INDENT}}→ {advice}", style="bright_black"))
