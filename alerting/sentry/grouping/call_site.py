"""Reads which texts a failing call was given, for drivers written in C: they leave no frame to look into.

Evaluates nothing of the application's: names are looked up, and the source between them is only read.
"""

import ast
import inspect
import linecache
import re
from contextlib import suppress
from itertools import islice
from types import FrameType, TracebackType
from typing import Any

_MAX_LINES = 200
# Python warns whoever parses "\d"; for telling a statement's kind any space will do.
_ESCAPE = re.compile(rb"\\.", re.DOTALL)


def failing_call(step: TracebackType) -> tuple[str, list[Any]]:
    """The name of the method whose call failed here and what it was given, texts with `0` where they are not known.

    Empty where the source is not at hand.
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
