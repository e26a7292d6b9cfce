"""The sections of an event, each with the fields that are its structure: Sentry groups by them, so they stay."""

from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import count
from typing import Any

from alerting.sentry.scrub.remarks import without
from alerting.sentry.scrub.rules import MARKER, plain, structure
from alerting.sentry.scrub.rules.secrecy import Secrecy
from alerting.sentry.scrub.walk import MOST_FORMS, Walk

Section = Callable[[Walk, Any], Any]

PARAMETER = "sentry.message.parameter."
# A shorter parameter may stand in the line for something else.
_SHORTEST = 4
_STAND_IN = "Zq7x{:04d}Kw3vRt9mPz5".format


def _data(walk: Walk, value: Any) -> Any:
    return walk.value(value)


def _of_object(clean: Section, otherwise: Section = _data) -> Section:
    """A section that is an object; what else may stand there is data."""
    return lambda walk, value: (clean if type(value) is dict or isinstance(value, Mapping) else otherwise)(walk, value)


def _object(own: Mapping[str, Section], kept: frozenset[str] = frozenset()) -> Section:
    """A row of the table: an object, its own sections, and its fields that are structure."""
    return _of_object(lambda walk, value: walk.mapping(value, kept=kept, own=own))


def _each(one: Section) -> Section:
    """A list of objects, bare or under `values`."""

    def items(walk: Walk, value: Any) -> Any:
        if not isinstance(value, list | tuple):
            return one(walk, value)
        cleaned = [walk.at(position, one, walk, item) for position, item in enumerate(value[:MOST_FORMS])]
        if len(value) > MOST_FORMS:
            cleaned.append(walk.at(MOST_FORMS, walk.marked, "event-budget"))
        return cleaned

    under = _object({"values": items})
    return lambda walk, value: (under if isinstance(value, Mapping) and "values" in value else items)(walk, value)


def _secret(secrecy: Secrecy) -> Section:
    return lambda walk, item: walk.secret(item, secrecy)


def is_of_celery(name: Any) -> bool:
    """Whether a logger or a module is Celery's own."""
    return isinstance(name, str) and f"{name}.".startswith(("celery.", "kombu."))


def _until_body(walk: Walk, text: Any) -> Any:
    """What the worker tells of a message it cannot run, without that message's body."""
    if not isinstance(text, str) or _BODY not in text:
        return walk.value(text)
    return f"{walk.value(text.partition(_BODY)[0])}{_BODY}: {_gone(walk, text)}"


def _gone(walk: Walk, item: Any) -> Any:
    """What a task was called with: positional arguments have no name to be judged by."""
    return walk.marked("task-argument", item) if item else item


def _of_celery(section: Section, otherwise: Section) -> Section:
    return lambda walk, value: (section if walk.of_celery else otherwise)(walk, value)


_BODY = "message body"
_LOGGED: Mapping[str, Section] = dict.fromkeys(structure.TASK_ARGUMENTS, _gone)
_CARRYING = _object(dict.fromkeys(structure.WITH_TASK_ARGUMENTS, _gone))
# What the worker logs beside a message, and the job that older SDKs attach to a task's event.
_BESIDE = _object({"data": _object(_LOGGED)})
_JOB: Mapping[str, Section] = {"celery-job": _object({"args": _gone})}
_text = _of_celery(_until_body, _data)


@_of_object
def _frame(walk: Walk, frame: Any) -> Any:
    own = _CELERY_FRAME if is_of_celery(frame.get("module")) else _FRAME
    cleaned = walk.mapping(frame, kept=structure.FRAME, own=own)
    if isinstance(cleaned, dict):
        _clean_source(walk, cleaned)
    return cleaned


def _clean_source(walk: Walk, frame: dict[Any, Any]) -> None:
    """Take secrets out of lines of source; a private key goes on from line to line."""
    known, is_key = walk.known_code, False
    for field in filter(frame.__contains__, structure.SOURCE):
        held = frame[field]
        if type(held) is list and [*map(type, held)].count(str) == len(held):
            frame[field] = lines = held.copy()
            for position, line in enumerate(lines) if is_key or not all(map(known.get, held)) else ():
                lines[position], is_key = walk.at(field, walk.at, position, _line, walk, line, is_key)
        elif type(held) is not str:
            frame[field] = walk.at(field, walk.value, held)
        elif is_key or held not in known:
            frame[field], is_key = walk.at(field, _line, walk, held, is_key)


def _line(walk: Walk, line: str, is_key: bool) -> tuple[str, bool]:
    """A line of source without its secrets, and whether the next one belongs to a private key that begins there."""
    cuts = [(0, len(line), "private-key")] if is_key else walk.cuts_in_code(line)
    goes_on = any(rule == "private-key" for _, _, rule in cuts) and "-----END" not in line
    return without(line, cuts, walk.remarks), goes_on


_FRAME: Mapping[str, Section | None] = {"vars": _data, **dict.fromkeys(structure.SOURCE)}
_CELERY_FRAME: Mapping[str, Section | None] = {**_FRAME, "vars": _CARRYING}
_STACKTRACE = _object({"frames": _each(_frame)}, structure.STACKTRACE)
_STACKTRACES: dict[str, Section] = {"stacktrace": _STACKTRACE, "raw_stacktrace": _STACKTRACE}


@_of_object
def _crumb(walk: Walk, value: Any) -> Any:
    if is_of_celery(value.get("category")):
        return walk.mapping(value, kept=structure.CRUMB, own=_CELERY_CRUMB)
    kinds = [*map(type, value.values())]
    if value.get("data") == {} and kinds.count(str) == len(kinds) - 1 and value.keys() <= _PLAIN_CRUMB:
        cleaned = {**value, "data": {}}
        if (message := value.get("message")) not in walk.clean:
            cleaned["message"] = walk.at("message", walk.value, message)
        return cleaned
    return walk.mapping(_with_statement(walk, value, "message"), kept=structure.CRUMB)


# Of a crumb of words without data only the message can hold a secret.
_PLAIN_CRUMB = structure.CRUMB | {"message", "data"}
_CELERY_CRUMB: Mapping[str, Section] = {"message": _until_body, "data": _BESIDE}


@_of_object
def _span(walk: Walk, value: Any) -> Any:
    return walk.mapping(_with_statement(walk, value, "description"), kept=structure.SPAN)


def _with_statement(walk: Walk, value: Mapping[Any, Any], told: str) -> Mapping[Any, Any]:
    """A span or crumb about a query, whose parameters stand in its data, with what the query says of them."""
    if not isinstance(data := value.get("data"), Mapping):
        return value
    return {**value, "data": walk.parameters(data, value.get(told))}


def _cookies(walk: Walk, value: Any) -> Any:
    """The name of a cookie tells little: none of their values goes out."""
    if isinstance(value, Mapping):
        return {name: walk.at(name, _HIDDEN, walk, item) for name, item in value.items()}
    if isinstance(value, list | tuple) and all(isinstance(item, list | tuple) and len(item) == 2 for item in value):
        return [
            [name, walk.at(position, walk.at, 1, _HIDDEN, walk, item)] for position, (name, item) in enumerate(value)
        ]
    return _HIDDEN(walk, value)


_HIDDEN = _secret(Secrecy.VAULT)


@_of_object
def _logentry(walk: Walk, value: Any) -> Any:
    """A log line: its template names its parameters, though they stand apart."""
    params = value.get("params")
    own = _parameters(walk, value.get("message"), params) if isinstance(params, list | tuple) else {}

    def positioned(walk: Walk, items: Any) -> Any:
        return list(walk.mapping(dict(enumerate(items)), own=own).values()) if own else walk.value(items)

    cleaned = walk.mapping(value, own={"params": positioned, "formatted": _text})
    if isinstance(cleaned, dict) and "formatted" in cleaned:
        repeated = (cleaned["formatted"], params, cleaned.get("params"))
        cleaned["formatted"] = walk.at("formatted", without_repeated, walk, *repeated)
    return cleaned


@_of_object
def _attributes(walk: Walk, value: Any) -> Any:
    """A log item's attributes, among them its template and that template's parameters."""
    numbered = [f"{PARAMETER}{at}" for at in range(sum(str(name).startswith(PARAMETER) for name in value))]
    given = [_plain(value.get(name)) for name in numbered]
    found = _parameters(walk, _plain(value.get("sentry.message.template")), given)
    own = {numbered[at]: section for at, section in found.items()}
    if walk.of_celery:
        own |= dict.fromkeys(("data", *(PARAMETER + name for name in _LOGGED)), _gone)
    return walk.mapping(value, own=own)


def _plain(item: Any) -> Any:
    """An attribute's value."""
    return item.get("value") if isinstance(item, Mapping) else item


def _parameters(walk: Walk, template: Any, given: Sequence[Any]) -> dict[Any, Section]:
    """What a log line's template says of its parameters: where only a secret can stand, what a task was called with.

    Found by scrubbing the template with stand-ins. A small number may count what it speaks of: session %d closed.
    """
    if not isinstance(template, str):
        return {}
    numbers = count()
    filled = plain.PLACEHOLDER.sub(lambda _: _STAND_IN(next(numbers)), template[:8192])
    before = len(walk.remarks)
    shown = walk.value(filled)
    del walk.remarks[before:]
    gone = [at for at in range(min(len(given), next(numbers))) if _STAND_IN(at) not in shown]
    are_counts = not plain.NUMERIC.search(template)
    found = {at: _HIDDEN for at in gone if not (are_counts and str(given[at]).isdigit() and len(str(given[at])) < 5)}
    if walk.of_celery and _BODY in template:
        first = len(plain.PLACEHOLDER.findall(template.partition(_BODY)[0]))
        found |= dict.fromkeys(range(first, len(given)), _gone)
    return found


def without_repeated(walk: Walk, line: Any, given: Any, left: Any) -> Any:
    """A finished log line without the parameters that went as a whole: it repeats them without their names."""
    parts = [held.values() if isinstance(held, Mapping) else held for held in (given, left)]
    if isinstance(line, str) and all(isinstance(held, Collection) for held in parts):
        for told, now in zip(*(map(_plain, held) for held in parts), strict=False):
            if isinstance(told, str) and len(told) >= _SHORTEST and now == MARKER != told and told in line:
                line = line.replace(told, walk.marked("log-parameter"))
    return line


SECTIONS: Mapping[str, Section] = {
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
    **dict.fromkeys(("message", "body"), _of_object(_logentry, _text)),
    "data": _of_celery(_BESIDE, _data),
    "extra": _of_celery(_object({**_JOB, "data": _object(_LOGGED)}), _object(_JOB)),
    "attributes": _attributes,
}
"""What each top-level field of an event is; any other is data."""
