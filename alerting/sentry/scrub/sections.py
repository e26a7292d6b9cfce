"""The sections of an event, each with the fields that are its structure: Sentry groups by them, so they stay."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from alerting.sentry.scrub.containers import without_parameters
from alerting.sentry.scrub.rules import structure
from alerting.sentry.scrub.rules.secrecy import Secrecy
from alerting.sentry.scrub.values import MARKER
from alerting.sentry.scrub.walk import Walk

Section = Callable[[Walk, Any], Any]

PARAMETER = "sentry.message.parameter."
# A shorter parameter may stand in the line for something else.
_SHORTEST = 4
_SOURCE = ("pre_context", "context_line", "post_context")
_NUMERIC = re.compile(r"pass|pw|pin|otp|code|secret|cv[vc]|key|2fa|mfa", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"%(?:\((\w+)\))?[-#0 +]*\d*(?:\.\d+)?[sdrifaxXgGeEcou]|\{(\w*)(?:![rsa])?(?::[^{}]*)?\}")


def _fields(walk: Walk, value: Any, kept: frozenset[str], own: Mapping[str, Section]) -> Any:
    """An object of a known kind: `kept` fields as they are, its `own` sections, everything else as data."""
    if type(value) is not dict and not isinstance(value, Mapping):
        return walk.value(value)
    cleaned = value.copy() if type(value) is dict else dict(value)
    clean, harmless = walk.clean, walk.harmless
    for name, item in value.items():
        kind = type(item)
        if kind is str:
            if name in kept or (item in clean and name in harmless and name not in own):
                continue
        elif kind is dict or kind is list:
            if not item:
                cleaned[name] = kind()
                continue
        elif name in kept:
            continue
        section = own.get(name)
        cleaned[name] = walk.at(name, section, walk, item) if section else walk.at(name, walk.named, name, item)
    return cleaned


def _each(one: Section) -> Section:
    """A list of objects, bare or under `values`."""

    def items(walk: Walk, value: Any) -> Any:
        return [walk.at(position, one, walk, item) for position, item in enumerate(value)]

    def many(walk: Walk, value: Any) -> Any:
        if isinstance(value, Mapping) and isinstance(value.get("values"), list | tuple):
            return _fields(walk, value, frozenset(), {"values": items})
        return items(walk, value) if isinstance(value, list | tuple) else one(walk, value)

    return many


def _object(own: Mapping[str, Section], kept: frozenset[str] = frozenset()) -> Section:
    """A row of the table: an object, its fields that are structure, and its own sections."""
    return lambda walk, value: _fields(walk, value, kept, own)


def _secret(secrecy: Secrecy) -> Section:
    return lambda walk, item: walk.secret(item, secrecy, 0)


def is_of_celery(name: Any) -> bool:
    """Whether a logger or a module is Celery's own."""
    return isinstance(name, str) and name.partition(".")[0] in {"celery", "kombu"}


def _until_body(walk: Walk, text: Any) -> Any:
    """What the worker tells of a message it cannot run, without that message's body."""
    if not isinstance(text, str) or _BODY not in text:
        return walk.value(text)
    return f"{walk.value(text.partition(_BODY)[0])}{_BODY}: {_gone(walk, text)}"


def _gone(walk: Walk, item: Any) -> Any:
    """What a task was called with: positional arguments have no name to be judged by."""
    return walk.marked("task-argument", len(item) if isinstance(item, str) else 0) if item else item


def _message(walk: Walk, value: Any) -> Any:
    if isinstance(value, Mapping):
        return _logentry(walk, value)
    return _until_body(walk, value) if walk.of_celery else walk.value(value)


def _extra(walk: Walk, value: Any) -> Any:
    return (_CELERY_EXTRA if walk.of_celery else _EXTRA)(walk, value)


_BODY = "message body"
_LOGGED: dict[str, Section] = dict.fromkeys(("args", "kwargs", "argsrepr", "kwargsrepr"), _gone)
_CARRYING: dict[str, Section] = dict.fromkeys(("req", "request", "task_request", "message", "body", "payload"), _gone)
# What the worker logs beside a message, and the job that older SDKs attach to a task's event.
_BESIDE = _object({"data": _object(_LOGGED)})
_EXTRA = _object({"celery-job": _object({"args": _gone})})
_CELERY_EXTRA = _object({"celery-job": _object({"args": _gone}), "data": _object(_LOGGED)})


def _frame(walk: Walk, frame: Any) -> Any:
    walk.inside_key = False
    own = _CELERY_FRAME if isinstance(frame, Mapping) and is_of_celery(frame.get("module")) else _FRAME
    return _fields(walk, frame, structure.FRAME, own)


def _source(walk: Walk, lines: Any) -> Any:
    """Lines of source; a private key that began in them may go on in the frame's next field."""
    if type(lines) is list:
        if not walk.inside_key and walk.is_clean_code(lines):
            return lines.copy()
        return [walk.at(position, _source_line, walk, line) for position, line in enumerate(lines)]
    return _source_line(walk, lines)


def _source_line(walk: Walk, line: Any) -> Any:
    if not isinstance(line, str):
        return line
    if "PRIVATE KEY" not in line:
        return walk.marked("private-key") if walk.inside_key else walk.code(line)
    within, begins, ends = walk.inside_key, "-----BEGIN " in line, "-----END " in line
    walk.inside_key = not ends and (begins or within)
    return walk.marked("private-key") if within and not begins else walk.code(line)


_FRAME: Mapping[str, Section] = {"vars": Walk.value, **dict.fromkeys(_SOURCE, _source)}
_CELERY_FRAME: Mapping[str, Section] = {**_FRAME, "vars": _object({**_LOGGED, **_CARRYING})}
_STACKTRACE = _object({"frames": _each(_frame)}, structure.STACKTRACE)
_STACKTRACES: dict[str, Section] = {"stacktrace": _STACKTRACE, "raw_stacktrace": _STACKTRACE}


def _crumb(walk: Walk, value: Any) -> Any:
    own = _NONE
    if type(value) is dict or isinstance(value, Mapping):
        own = _CELERY_CRUMB if is_of_celery(value.get("category")) else _NONE
        if own is _NONE and value.get("data") == {} and value.keys() <= _PLAIN_CRUMB:
            message = value.get("message")
            if type(message) is str and message in walk.clean:
                return {**value, "data": {}}
        value = _without_parameters(walk, value, "message") if value.get("data") else value
    return _fields(walk, value, structure.CRUMB, own)


# Of a crumb without data only the message can hold a secret.
_PLAIN_CRUMB = structure.CRUMB | {"message", "data"}
_CELERY_CRUMB: Mapping[str, Section] = {"message": _until_body, "data": _BESIDE}
_NONE: Mapping[str, Section] = {}


def _span(walk: Walk, value: Any) -> Any:
    return _fields(walk, _without_parameters(walk, value, "description"), structure.SPAN, _NONE)


def _without_parameters(walk: Walk, value: Any, told: str) -> Any:
    """A span or crumb about a query, whose parameters stand in its data, without those of secret columns."""
    data = value.get("data") if isinstance(value, dict) else None
    if data and isinstance(data, Mapping) and "db.params" in data and isinstance(value.get(told), str):
        return {**value, "data": without_parameters(data, value[told], walk.names)}
    return value


def _cookies(walk: Walk, value: Any) -> Any:
    """The name of a cookie tells little: none of their values goes out."""
    if isinstance(value, list | tuple) and all(isinstance(item, list | tuple) and len(item) == 2 for item in value):
        return [[name, walk.at(position, _HIDDEN, walk, item)] for position, (name, item) in enumerate(value)]
    if isinstance(value, Mapping):
        return {name: walk.at(name, _HIDDEN, walk, item) for name, item in value.items()}
    return _HIDDEN(walk, value)


_HIDDEN = _secret(Secrecy.VAULT)


def _logentry(walk: Walk, value: Any) -> Any:
    """A log line: its template names its parameters, though they stand apart."""
    if not isinstance(value, Mapping):
        return walk.value(value)
    params = value.get("params")
    own = _parameters(walk, value.get("message"), params) if isinstance(params, list | tuple) else {}

    def positioned(walk: Walk, items: Any) -> Any:
        if not own:
            return walk.value(items)
        return [walk.at(at, own.get(at, Walk.value), walk, item) for at, item in enumerate(items)]

    cleaned = _fields(walk, value, frozenset(), {"params": positioned, "formatted": _message})
    if params and isinstance(cleaned.get("formatted"), str):
        line = cleaned["formatted"]
        cleaned["formatted"] = walk.at("formatted", _without_told, walk, line, params, cleaned["params"])
    return cleaned


def _attributes(walk: Walk, value: Any) -> Any:
    """A log item's attributes, among them its template and that template's parameters."""
    if not isinstance(value, Mapping):
        return walk.value(value)
    count = sum(str(name).startswith(PARAMETER) for name in value)
    given = [_plain(value.get(f"{PARAMETER}{at}")) for at in range(count)]
    found = _parameters(walk, _plain(value.get("sentry.message.template")), given)
    own = {f"{PARAMETER}{at}": section for at, section in found.items()}
    if walk.of_celery:
        own |= dict.fromkeys(("data", *(PARAMETER + name for name in _LOGGED)), _gone)
    return _fields(walk, value, frozenset(), own)


def finish_log(walk: Walk, log: Mapping[Any, Any], cleaned: dict[Any, Any]) -> None:
    """Take out of a finished log item's line the parameters that went out of its attributes as a whole."""
    given, left = log["attributes"], cleaned["attributes"]
    if isinstance(given, Mapping) and isinstance(left, Mapping) and isinstance(cleaned["body"], str):
        names = [name for name in given if str(name).startswith(PARAMETER)]
        told = [{name: _plain(held[name]) for name in names} for held in (given, left)]
        cleaned["body"] = _without_told(walk, cleaned["body"], *told)


def _plain(item: Any) -> Any:
    """An attribute's value."""
    return item.get("value") if isinstance(item, Mapping) else item


def _parameters(walk: Walk, template: Any, given: Sequence[Any]) -> dict[int, Section]:
    """What a log line's template says of its parameters: where only a secret can stand, what a task was called with."""
    if not isinstance(template, str):
        return {}
    found = {at: _HIDDEN for at in _secret_positions(walk, template, len(given)) if not _is_count(given[at], template)}
    if walk.of_celery and _BODY in template:
        first = len(_PLACEHOLDER.findall(template.partition(_BODY)[0]))
        found |= dict.fromkeys(range(first, len(given)), _gone)
    return found


def _without_told(walk: Walk, line: str, given: Any, left: Any) -> str:
    """A finished line without the parameters that went as a whole: it repeats them without their names."""
    pairs = [(given[name], left[name]) for name in (given if isinstance(given, Mapping) else range(len(given)))]
    for told, now in pairs:
        if isinstance(told, str) and len(told) >= _SHORTEST and now == MARKER != told and told in line:
            line = line.replace(told, walk.marked("log-parameter"))
    return line


def _is_count(value: Any, template: str) -> bool:
    """Whether a small number numbers or counts what a template speaks of: session %d closed."""
    return str(value).isdigit() and len(str(value)) < 5 and not _NUMERIC.search(template)


def _secret_positions(walk: Walk, template: str, count: int) -> set[int]:
    """Which parameters a template puts where only a secret can stand, found by scrubbing it with stand-ins."""
    stand_ins: list[str] = []

    def stand_in(_match: re.Match[str]) -> str:
        stand_ins.append(f"Zq7x{len(stand_ins):04d}Kw3vRt9mPz5")
        return stand_ins[-1]

    filled = _PLACEHOLDER.sub(stand_in, template[:8192])
    if not stand_ins or filled == template:
        return set()
    before = len(walk.remarks)
    shown = walk.value(filled)
    del walk.remarks[before:]
    return {position for position, text in enumerate(stand_ins[:count]) if text not in shown}


SECTIONS: Mapping[str, Section] = {
    **dict.fromkeys(structure.EVENT, lambda _walk, value: value),
    "exception": _each(_object({**_STACKTRACES, "mechanism": _object({}, structure.MECHANISM)}, structure.EXCEPTION)),
    "threads": _each(_object(_STACKTRACES, structure.THREAD)),
    "stacktrace": _STACKTRACE,
    "breadcrumbs": _each(_crumb),
    "spans": _each(_span),
    "contexts": _object({"trace": _span}),
    "request": _object({"cookies": _cookies}, frozenset({"method"})),
    # Who a user is, is told by id and name; address and e-mail never leave.
    "user": _object(dict.fromkeys(("email", "ip_address", "ip"), _secret(Secrecy.STRONG))),
    "logentry": _logentry,
    "sentry.interfaces.Message": _logentry,
    "message": _message,
    "body": _message,
    "data": lambda walk, value: _BESIDE(walk, value) if walk.of_celery else walk.value(value),
    "extra": _extra,
    "attributes": _attributes,
}
"""What each top-level field of an event is; any other is data."""
