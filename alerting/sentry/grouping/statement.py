"""Finds the statement a database error is about, wherever the driver left it."""

import ast
import inspect
import linecache
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from types import FrameType, TracebackType
from typing import Any

from alerting.sentry.grouping.chain import Fault, Frame, first, held_at, last_breadcrumb
from alerting.sentry.grouping.schemes import Scheme, scheme_around
from alerting.sentry.sql import MAX_CHARS, kind_in, kind_of

# What drivers and ORMs call the statement, in their methods' arguments.
_NAMES = ("sql", "query", "statement", "operation", "command", "stmt")
# On exceptions: psycopg2 keeps the failing cursor, psycopg tells the inner statement of a failing function.
_ON_EXCEPTION = ("statement", "query", "_query", "cursor.query", "diag.internal_query")
_EXECUTING = frozenset({"execute", "executemany", "executescript", "execute_many", "query", "raw", "run_sql", "sql"})
_CONNECTING = frozenset({"connect", "_connect", "ensure_connection", "get_new_connection", "getconn", "create_pool"})
# SQLAlchemy and PostgreSQL quote the statement in the error's text; other texts may hold it anywhere.
_QUOTED = re.compile(
    r"(?:\[SQL: |^LINE \d+: |\b(?=(?:select|insert\s+into|update|delete\s+from|merge\s+into)\s))(?P<sql>.{1,20000})",
    re.DOTALL | re.MULTILINE | re.IGNORECASE,
)
_MAX_LINES = 200
# Python warns whoever parses "\d"; for telling a statement's kind any space will do.
_ESCAPE = re.compile(rb"\\.", re.DOTALL)

Read = Callable[[str], str | None]


def query_kind(faults: Sequence[Fault], event: Mapping[str, Any]) -> str:
    """The kind of statement behind the errors (outermost first), `connect`, or empty where nothing tells."""
    return (
        first(_kind_at(_ON_EXCEPTION, fault.error, kind_of) for fault in faults)
        or first(_in_drivers(fault.frames) or _in_call(fault) for fault in faults)
        or first(kind_in(quoted["sql"]) for fault in faults if (quoted := _QUOTED.search(fault.text)))
        or first(_only_one_in(fault.frames) for fault in faults)
        # Beside an exception's own traceback the query before it is just another query.
        or ("" if faults[0].error else _kind(last_breadcrumb(event, "category", "query").get("message"), kind_of))
    )


def _in_drivers(frames: Sequence[Frame]) -> str:
    for frame in (one for one in frames if scheme_around(one.module) is Scheme.DATABASE):
        if frame.function in _CONNECTING:
            return "connect"
        if kind := _kind_at(_NAMES, frame.variables, kind_of):
            return kind
    return ""


def _in_call(fault: Fault) -> str:
    """Drivers written in C leave no frame of their own: the application's call into them comes last."""
    step = fault.error.__traceback__ if fault.error is not None else None
    while step is not None and step.tb_next is not None:
        step = step.tb_next
    name, texts = _failing_call(step) if step is not None else ("", [])
    return first(_kind(text, kind_of if name in _EXECUTING else kind_in) for text in texts)


def _only_one_in(frames: Sequence[Frame]) -> str:
    kinds = {kind for value in frames[0].variables.values() if (kind := _kind(value, kind_in))} if frames else set()
    return kinds.pop() if len(kinds) == 1 else ""


def _kind_at(paths: Iterable[str], holder: Any, read: Read) -> str:
    return first(_kind(held_at(holder, path), read) for path in paths)


def _kind(value: Any, read: Read) -> str:
    if isinstance(value, bytes):
        value = value[:MAX_CHARS].decode("utf-8", "replace")
    elif not isinstance(value, str) and (compose := held_at(value, "as_string")):  # psycopg's composed statements
        with suppress(Exception):
            value = compose(None)
    # An event shows variables as Python would, quotes included.
    return (read(value.strip("'\"")) or "") if isinstance(value, str) else ""


def _failing_call(step: TracebackType) -> tuple[str, list[Any]]:
    """The name of the method whose call failed here and what it was given, empty where the source is not at hand.

    Evaluates nothing of the application's: names are looked up, and the source between them is only read.
    """
    with suppress(SyntaxError, ValueError, RecursionError, MemoryError):
        node = ast.parse(b"(" + _ESCAPE.sub(b" ", _source(step)) + b")", mode="eval").body
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", None) or getattr(node.func, "id", None) or ""
            given = [*node.args, *(keyword.value for keyword in node.keywords)]
            return name, [_value(argument, step.tb_frame) for argument in given]
    return "", []


def _source(step: TracebackType) -> bytes:
    """The expression that failed, empty where it is not known or too long to be read."""
    code = step.tb_frame.f_code
    first, last, start, end = next(islice(code.co_positions(), step.tb_lasti // 2, None), (None,) * 4)
    if first is None or last is None or last - first > _MAX_LINES:
        return b""
    lines = [linecache.getline(code.co_filename, number, step.tb_frame.f_globals) for number in range(first, last + 1)]
    # Columns count bytes.
    told = [line.encode() for line in lines]
    told[-1] = told[-1][:end]
    told[0] = told[0][start:]
    return b"".join(told)


def _value(node: ast.expr, frame: FrameType) -> Any:
    """What an expression stands for, texts with `0` where a part of them is not known."""
    match node:
        case ast.Constant(value=value):
            return value
        case ast.JoinedStr(values=parts):
            return "".join(_text(part, frame) or "0" for part in parts)
        case ast.NamedExpr(value=inner) | ast.FormattedValue(value=inner):
            return _value(inner, frame)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _text(left, frame) + _text(right, frame)
        case ast.BinOp(left=left):  # "…" % values
            return _value(left, frame)
        case ast.Call(func=function, args=arguments):
            # "…".format(…) and its kin, else a function that wraps its argument
            owner = _text(function.value, frame) if isinstance(function, ast.Attribute) else ""
            return owner or (_value(arguments[0], frame) if arguments else None)
        case ast.Name(id=name):
            return frame.f_locals.get(name, frame.f_globals.get(name))
        case ast.Attribute(value=owner, attr=name):
            return inspect.getattr_static(_value(owner, frame), name, None)
        case ast.Subscript(value=owner, slice=inner):
            held, key = _value(owner, frame), _value(inner, frame)
            if isinstance(key, str | int) and type(held) in {dict, list, tuple}:
                with suppress(LookupError):
                    return held[key]
    return None


def _text(node: ast.expr, frame: FrameType) -> str:
    value = _value(node, frame)
    return value if isinstance(value, str) else ""
