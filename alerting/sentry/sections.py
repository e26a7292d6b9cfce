"""The sections of an event, each with the fields that are its structure: Sentry groups by them, so they stay."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from alerting.sentry.patterns import MARKER, PRIVATE_KEY_BEGINS, PRIVATE_KEY_ENDS
from alerting.sentry.verdict import Verdict
from alerting.sentry.walk import Walk

Section = Callable[[Walk, Any], Any]

_FRAME = frozenset(
    """
    function raw_function module filename abs_path lineno colno in_app package platform image_addr
    symbol_addr instruction_addr symbol trust addr_mode lock snapshot_type stack_start native
    """.split()
)
_EXCEPTION = frozenset(["type", "module", "thread_id"])
_MECHANISM = frozenset("type handled synthetic exception_id parent_id source is_exception_group".split())
_CRUMB = frozenset("type category level timestamp event_id".split())
_SPAN = frozenset(
    """
    span_id trace_id parent_span_id segment_id op status origin timestamp start_timestamp end_timestamp
    is_segment same_process_as_parent exclusive_time hash type
    """.split()
)
_SOURCE = ("pre_context", "context_line", "post_context")
_NUMERIC = re.compile(r"pass|pw|pin|otp|code|secret|cv[vc]|key|2fa|mfa", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"%(?:\((\w+)\))?[-#0 +]*\d*(?:\.\d+)?[sdrifaxXgGeEcou]|\{(\w*)(?:![rsa])?(?::[^{}]*)?\}")


def _keep(_walk: Walk, value: Any) -> Any:
    return value


def _fields(walk: Walk, value: Any, kept: frozenset[str], own: Mapping[str, Section]) -> Any:
    """An object of a known kind: `kept` fields as they are, its `own` sections, everything else as data."""
    if type(value) is not dict and not isinstance(value, Mapping):
        return walk.value(value)
    cleaned = {}
    for name, item in value.items():
        if name in kept and type(item) is not dict and type(item) is not list:
            cleaned[name] = item
        else:
            section = own.get(name) if isinstance(name, str) else None
            cleaned[name] = section(walk, item) if section else walk.named(name, item)
    return cleaned


def _each(one: Section) -> Section:
    """A list of objects, bare or under `values`."""

    def many(walk: Walk, value: Any) -> Any:
        if isinstance(value, Mapping) and isinstance(value.get("values"), list | tuple):
            others = {name: item if name == "values" else walk.named(name, item) for name, item in value.items()}
            return {**others, "values": [one(walk, item) for item in value["values"]]}
        return [one(walk, item) for item in value] if isinstance(value, list | tuple) else one(walk, value)

    return many


def _frame(walk: Walk, frame: Any) -> Any:
    if not isinstance(frame, Mapping):
        return walk.value(frame)
    cleaned = {}
    inside_key = False
    lines: dict[str, Any] = {}
    for name in _SOURCE:
        if name in frame:
            lines[name], inside_key = _source(walk, frame[name], inside_key)
    for name, item in frame.items():
        if name in _FRAME:
            cleaned[name] = item
        elif name in lines:
            cleaned[name] = lines[name]
        else:
            cleaned[name] = walk.value(item) if name == "vars" else walk.named(name, item)
    return cleaned


def _source(walk: Walk, lines: Any, inside_key: bool) -> tuple[Any, bool]:
    """Lines of source, and whether a private key that began in them goes on behind them."""
    if not isinstance(lines, list | tuple):
        cleaned, inside_key = _source_line(walk, lines, inside_key)
        return cleaned, inside_key
    if not inside_key and walk.is_clean_code(lines):
        return list(lines), False
    kept = []
    for line in lines:
        cleaned, inside_key = _source_line(walk, line, inside_key)
        kept.append(cleaned)
    return kept, inside_key


def _source_line(walk: Walk, line: Any, inside_key: bool) -> tuple[Any, bool]:
    if not isinstance(line, str):
        return line, inside_key
    if "PRIVATE KEY" not in line:
        return (MARKER if inside_key else walk.code(line)), inside_key
    begins, ends = PRIVATE_KEY_BEGINS.search(line), PRIVATE_KEY_ENDS.search(line)
    if inside_key and not begins:
        return MARKER, not ends
    return walk.code(line), bool(begins) and not ends


def _stacktrace(walk: Walk, value: Any) -> Any:
    return _fields(walk, value, frozenset({"lang", "snapshot", "frames_omitted"}), {"frames": _each(_frame)})


def _mechanism(walk: Walk, value: Any) -> Any:
    return _fields(walk, value, _MECHANISM, {})


def _exception(walk: Walk, value: Any) -> Any:
    own: dict[str, Section] = {"stacktrace": _stacktrace, "raw_stacktrace": _stacktrace, "mechanism": _mechanism}
    return _fields(walk, value, _EXCEPTION, own)


def _thread(walk: Walk, value: Any) -> Any:
    own: dict[str, Section] = {"stacktrace": _stacktrace, "raw_stacktrace": _stacktrace}
    return _fields(walk, value, frozenset({"id", "current", "crashed", "main", "state"}), own)


def _crumb(walk: Walk, value: Any) -> Any:
    return _fields(walk, _without_parameters(walk, value, "message"), _CRUMB, {})


def _span(walk: Walk, value: Any) -> Any:
    return _fields(walk, _without_parameters(walk, value, "description"), _SPAN, {})


def _without_parameters(walk: Walk, value: Any, told: str) -> Any:
    """A span or crumb about a query, whose parameters stand in its data, without those of secret columns."""
    data = value.get("data") if type(value) is dict or isinstance(value, Mapping) else None
    if data and isinstance(data, Mapping) and "db.params" in data and isinstance(value.get(told), str):
        return {**value, "data": walk.without_parameters(data, value[told])}
    return value


def _contexts(walk: Walk, value: Any) -> Any:
    return _fields(walk, value, frozenset(), {"trace": _span})


def _user(walk: Walk, value: Any) -> Any:
    """Who a user is, is told by id and name; address and e-mail never leave."""
    if not isinstance(value, Mapping):
        return walk.value(value)
    return {
        name: walk.secret(item, Verdict.SECRET, 0) if name in {"email", "ip_address", "ip"} else walk.named(name, item)
        for name, item in value.items()
    }


def _request(walk: Walk, value: Any) -> Any:
    return _fields(walk, value, frozenset({"method"}), {"cookies": _cookies})


def _cookies(walk: Walk, value: Any) -> Any:
    """The name of a cookie tells little: none of their values goes out."""
    if isinstance(value, list | tuple) and all(isinstance(item, list | tuple) and len(item) == 2 for item in value):
        return [[item[0], walk.secret(item[1], Verdict.VAULT, 1)] for item in value]
    if isinstance(value, Mapping):
        return {name: walk.secret(item, Verdict.VAULT, 1) for name, item in value.items()}
    return walk.secret(value, Verdict.VAULT, 0)


def _logentry(walk: Walk, value: Any) -> Any:
    """A log line: its template names its parameters, though they stand apart."""
    if not isinstance(value, Mapping):
        return walk.value(value)
    cleaned = {name: walk.named(name, item) for name, item in value.items()}
    template, params = value.get("message"), value.get("params")
    if isinstance(template, str) and isinstance(params, list | tuple):
        secret = _secret_positions(walk, template, len(params))
        cleaned["params"] = [
            walk.secret(item, Verdict.VAULT, 0) if position in secret and not _is_count(item, template) else item
            for position, item in enumerate(cleaned["params"])
        ]
    if isinstance(value.get("formatted"), str):
        for told in _taken_out(params, cleaned.get("params")):
            cleaned["formatted"] = cleaned["formatted"].replace(told, MARKER)
    return cleaned


def _taken_out(params: Any, cleaned: Any) -> list[str]:
    """The parameters that were secret as a whole: the finished line repeats them, without their names."""
    if isinstance(params, Mapping):
        pairs = [(item, cleaned[name]) for name, item in params.items()]
    elif isinstance(params, list | tuple):
        pairs = list(zip(params, cleaned, strict=True))
    else:
        pairs = []
    return [
        item for item, now in pairs if now == MARKER and isinstance(item, str) and len(item) >= 4 and item != MARKER
    ]


def _attributes(walk: Walk, value: Any) -> Any:
    """A log item's attributes, among them its template and that template's parameters."""
    if not isinstance(value, Mapping):
        return walk.value(value)
    cleaned = {name: walk.named(name, item) for name, item in value.items()}
    template = value.get("sentry.message.template")
    template = template.get("value") if isinstance(template, Mapping) else template
    if isinstance(template, str):
        named = [str(name).rpartition(".")[2] for name in value if str(name).startswith("sentry.message.parameter")]
        for position in _secret_positions(walk, template, len(named)):
            name = f"sentry.message.parameter.{position}"
            told = value[name].get("value") if isinstance(value.get(name), Mapping) else value.get(name)
            if name in cleaned and not _is_count(told, template):
                cleaned[name] = walk.secret(value[name], Verdict.VAULT, 0)
    return cleaned


def _is_count(value: Any, template: str) -> bool:
    """Whether a small number numbers or counts what a template speaks of: session %d closed."""
    return bool(re.fullmatch(r"\d{1,4}", str(value))) and not _NUMERIC.search(template)


def _secret_positions(walk: Walk, template: str, count: int) -> set[int]:
    """Which parameters a template puts where only a secret can stand, found by scrubbing it with stand-ins."""
    stand_ins: list[str] = []

    def stand_in(_match: re.Match[str]) -> str:
        stand_ins.append(f"Zq7x{len(stand_ins):04d}Kw3vRt9mPz5")
        return stand_ins[-1]

    filled = _PLACEHOLDER.sub(stand_in, template[:8192])
    if not stand_ins or filled == template:
        return set()
    shown = walk.value(filled)
    return {position for position, text in enumerate(stand_ins[:count]) if text not in shown}


SECTIONS: Mapping[str, Section] = {
    **dict.fromkeys(
        """
    event_id trace_id span_id parent_span_id timestamp start_timestamp received platform level logger release
    dist environment server_name transaction_info sdk modules fingerprint errors debug_meta _meta check_in_id
    monitor_slug status duration type severity_number severity_text unit profile_id
    client_sample_rate sample_rate exclusive_time project key_id time_unix_nano span_name
    """.split(),
        _keep,
    ),
    "exception": _each(_exception),
    "threads": _each(_thread),
    "stacktrace": _stacktrace,
    "breadcrumbs": _each(_crumb),
    "spans": _each(_span),
    "contexts": _contexts,
    "request": _request,
    "user": _user,
    "logentry": _logentry,
    "sentry.interfaces.Message": _logentry,
    "message": lambda walk, value: _logentry(walk, value) if isinstance(value, Mapping) else walk.value(value),
    "attributes": _attributes,
}
"""What each top-level field of an event is; any other is data."""
