"""Finds the statement a database error is about, wherever the driver left it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from types import FrameType
from typing import Any

from alerting.sentry.grouping.call_site import failing_call
from alerting.sentry.grouping.chain import attribute, event_frames, frames, last_step, module_of
from alerting.sentry.grouping.schemes import BY_LIBRARY, Scheme, lookup
from alerting.sentry.sql import kind_in, kind_of

# What drivers and ORMs call the statement, in their methods' arguments and on their exceptions.
STATEMENT_NAMES = ("sql", "query", "statement", "operation", "command", "stmt")
_EXECUTING = frozenset({"execute", "executemany", "executescript", "execute_many", "query", "raw", "run_sql", "sql"})
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
        passed = frames(error)
        if kind := _in_drivers(passed) or _in_call(error) or (_named_in(passed[0].f_locals) if passed else ""):
            return kind
    if kind := _in_event(stated):
        return kind
    for error in errors:
        if passed := frames(error):
            return _only_one_in(passed[0].f_locals)
    for exception in stated:
        for frame in event_frames(exception)[:1]:
            if isinstance(variables := frame.get("vars"), Mapping) and (kind := _only_one_in(variables)):
                return kind
    # Beside an exception's own traceback the query before it is just another query.
    return _in_breadcrumbs(event)


def _on_exception(error: BaseException) -> Iterator[str]:
    for name in ("statement", "query", "_query"):
        yield from _text(attribute(error, name))
    yield from _text(attribute(attribute(error, "cursor"), "query"))  # psycopg2 keeps the failing cursor
    # psycopg: the inner statement of a failing function
    yield from _text(attribute(attribute(error, "diag"), "internal_query"))


def _in_drivers(passed: list[FrameType]) -> str:
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
    return "connect" if connecting else ""


def _in_call(error: BaseException) -> str:
    """Drivers written in C leave no frame of their own: the application's call into them comes last."""
    step = last_step(error)
    name, texts = failing_call(step) if step is not None else ("", [])
    read = kind_of if name in _EXECUTING else kind_in
    return next((kind for text in texts if (kind := read(text))), "")


def _in_event(stated: Sequence[Mapping[str, Any]]) -> str:
    for exception in stated:
        quoted = _QUOTED.search(str(exception.get("value") or "")[:20_000])
        if quoted and (kind := kind_in(quoted["sql"])):
            return kind
        for frame in event_frames(exception)[:1]:
            variables = frame.get("vars")
            named = _named_in(variables) if isinstance(variables, Mapping) else ""
            if kind := named or _in_source(frame):
                return kind
    return ""


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


def _named_in(variables: Mapping[str, Any]) -> str:
    """The statement a function was about to execute, under a name that says so."""
    return next((kind for name in STATEMENT_NAMES if (kind := _kind_of_variable(variables.get(name)))), "")


def _only_one_in(variables: Mapping[str, Any]) -> str:
    kinds = {kind for value in variables.values() if (kind := _kind_of_variable(value))}
    return kinds.pop() if len(kinds) == 1 else ""


def _kind_of_variable(value: Any) -> str:
    # The SDK writes variables as Python would, quotes included.
    return (kind_in(value.strip("'\"")) or "") if isinstance(value, str) else ""


def _is_driver(module: str) -> bool:
    return lookup(module, _DRIVER_PACKAGES) is not None or lookup(module, BY_LIBRARY) is Scheme.DATABASE


def _text(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, bytes):
        yield value[:20_000].decode("utf-8", "replace")
    elif composed := attribute(value, "as_string"):  # psycopg's composed statements
        with suppress(Exception):
            yield str(composed(None))
