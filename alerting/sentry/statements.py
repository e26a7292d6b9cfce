"""Finds the statement a database error is about, wherever the driver left it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from types import FrameType
from typing import Any

from alerting.sentry.chain import event_frames, frames, module_of
from alerting.sentry.names import lookup
from alerting.sentry.schemes import BY_LIBRARY, Scheme
from alerting.sentry.sql import kind_in, kind_of

# What drivers and ORMs call the statement, in their methods' arguments and on their exceptions.
STATEMENT_NAMES = ("sql", "query", "statement", "operation")
_CONNECTING = frozenset({"connect", "_connect", "ensure_connection", "get_new_connection", "getconn", "create_pool"})
_DRIVER_PACKAGES = {"django.db.backends": Scheme.DATABASE, "sqlalchemy": Scheme.DATABASE, "peewee": Scheme.DATABASE}
# SQLAlchemy and PostgreSQL quote the statement in the error's text; other texts may hold it anywhere.
_QUOTED = re.compile(
    r"(?:\[SQL: |^LINE \d+: |\b(?=(?:select|insert\s+into|update|delete\s+from|merge\s+into)\s))(?P<sql>.{1,20000})",
    re.DOTALL | re.MULTILINE | re.IGNORECASE,
)
_LITERAL = re.compile(r'"""(.*?)"""|"([^"\n]*)"|\'([^\'\n]*)\'', re.DOTALL)


def query_kind(errors: Sequence[BaseException], stated: Sequence[Mapping[str, Any]], event: Mapping[str, Any]) -> str:
    """The kind of statement behind the errors (outermost first), `connect`, or empty where nothing tells."""
    for error in errors:
        for statement in _on_exception(error):
            if kind := kind_of(statement):
                return kind
    for error in errors:
        if kind := _in_traceback(frames(error)):
            return kind
    return _in_event(stated, event)


def _on_exception(error: BaseException) -> Iterator[str]:
    for name in ("statement", "query", "_query"):
        yield from _text(getattr(error, name, None))
    cursor = getattr(error, "cursor", None)  # psycopg2 keeps the failing cursor
    if cursor is not None:
        yield from _text(getattr(cursor, "query", None))
    diagnosis = getattr(error, "diag", None)  # psycopg: the inner statement of a failing function
    if diagnosis is not None:
        yield from _text(getattr(diagnosis, "internal_query", None))


def _in_traceback(passed: list[FrameType]) -> str:
    connecting = False
    for frame in passed:
        if not _is_driver(module_of(frame)):
            continue
        connecting = connecting or frame.f_code.co_name in _CONNECTING
        if not connecting:
            for name in STATEMENT_NAMES:
                for statement in _text(frame.f_locals.get(name)):
                    if kind := kind_of(statement):
                        return kind
    if connecting:
        return "connect"
    # Drivers written in C leave no frame of their own: the application's frame that called them comes first.
    return _in_variables(passed[0].f_locals) if passed else ""


def _in_event(stated: Sequence[Mapping[str, Any]], event: Mapping[str, Any]) -> str:
    for exception in stated:
        quoted = _QUOTED.search(str(exception.get("value") or "")[:20_000])
        if quoted and (kind := kind_in(quoted["sql"])):
            return kind
        for frame in event_frames(exception)[:1]:
            variables = frame.get("vars")
            found = _in_variables(variables) if isinstance(variables, Mapping) else ""
            if kind := found or _in_source(frame):
                return kind
    return _in_breadcrumbs(event)


def _in_source(frame: Mapping[str, Any]) -> str:
    """A statement written into the very call that failed: `connection.execute(f"SELECT …")`."""
    line = frame.get("context_line")
    if not isinstance(line, str):
        return ""
    following = frame.get("post_context")
    if line.rstrip().endswith("(") and isinstance(following, list):
        line = "\n".join([line, *(str(one) for one in following)])
    literals = _LITERAL.findall(line[:4_000])
    return next((kind for parts in literals if (kind := kind_in("".join(parts)))), "")


def _in_breadcrumbs(event: Mapping[str, Any]) -> str:
    """The last query the SDK noted before the error."""
    crumbs = event.get("breadcrumbs")
    values = crumbs.get("values") if isinstance(crumbs, Mapping) else crumbs
    for crumb in reversed(values if isinstance(values, list) else []):
        if isinstance(crumb, Mapping) and crumb.get("category") == "query" and isinstance(crumb.get("message"), str):
            return kind_of(crumb["message"]) or ""
    return ""


def _in_variables(variables: Mapping[str, Any]) -> str:
    """The statement a function was about to execute: under a name that says so, else the only one it knows."""
    # The SDK writes variables as Python would, quotes included.
    texts = {name: value.strip("'\"") for name, value in variables.items() if isinstance(value, str)}
    kinds = {name: kind for name, text in texts.items() if (kind := kind_in(text))}
    named = next((kinds[name] for name in STATEMENT_NAMES if name in kinds), "")
    return named or (next(iter(kinds.values())) if len(set(kinds.values())) == 1 else "")


def _is_driver(module: str) -> bool:
    return lookup(module, _DRIVER_PACKAGES) is not None or lookup(module, BY_LIBRARY) is Scheme.DATABASE


def _text(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, bytes):
        yield value[:20_000].decode("utf-8", "replace")
    elif hasattr(value, "as_string"):  # psycopg's composed statements
        yield str(value.as_string(None))
