"""Reads which texts a failing call was given, for drivers written in C: they leave no frame to look into.

Evaluates nothing of the application's: names are looked up, and the source between them is only read.
"""

import ast
import inspect
import linecache
import re
from collections.abc import Iterator
from itertools import islice
from types import FrameType, TracebackType
from typing import Any

_MAX_LINES = 200
_MAX_DEPTH = 20
# Python warns whoever parses "\d"; for telling a statement's kind any space will do.
_ESCAPE = re.compile(rb"\\.", re.DOTALL)


def failing_call(step: TracebackType) -> tuple[str, list[str]]:
    """The name of the method whose call failed here and its texts, in order; empty where the source is not at hand."""
    node = _expression(step)
    if isinstance(node, ast.Await):
        node = node.value
    if not isinstance(node, ast.Call):
        return "", []
    name = getattr(node.func, "attr", None) or getattr(node.func, "id", None) or ""
    given = [*node.args, *(keyword.value for keyword in node.keywords)]
    return name, [text for argument in given for text in _texts(argument, step.tb_frame, 0)]


def _expression(step: TracebackType) -> ast.expr | None:
    code = step.tb_frame.f_code
    position = next(islice(code.co_positions(), step.tb_lasti // 2, None), (None,) * 4)
    first, last, start, end = position
    if first is None or last is None or start is None or end is None or last - first > _MAX_LINES:
        return None
    lines = [linecache.getline(code.co_filename, number, step.tb_frame.f_globals) for number in range(first, last + 1)]
    # Columns count bytes.
    told = [line.encode() for line in lines]
    told[-1] = told[-1][:end]
    told[0] = told[0][start:]
    try:
        return ast.parse(b"(" + _ESCAPE.sub(b" ", b"".join(told)) + b")", mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _texts(node: ast.expr, frame: FrameType, depth: int) -> Iterator[str]:
    """The text an expression stands for: zero or one, with `0` in the place of what is not known."""
    if depth > _MAX_DEPTH:
        return
    match node:
        case ast.JoinedStr():
            yield "".join(
                next(_texts(part.value if isinstance(part, ast.FormattedValue) else part, frame, depth + 1), "0")
                for part in node.values
            )
        case ast.BinOp(op=ast.Add()):
            sides = [next(_texts(side, frame, depth + 1), "") for side in (node.left, node.right)]
            if any(sides):
                yield "".join(sides)
        case ast.BinOp(op=ast.Mod()):
            yield from _texts(node.left, frame, depth + 1)
        case ast.Call(func=ast.Attribute(value=owner)) if found := next(_texts(owner, frame, depth + 1), None):
            yield found  # "…".format(…) and its kin
        case ast.Call(args=[first, *_]):
            yield from _texts(first, frame, depth + 1)
        case _:
            value = _value(node, frame, depth)
            if isinstance(value, bytes):
                value = value[:20_000].decode("utf-8", "replace")
            if isinstance(value, str):
                yield value


def _value(node: ast.expr, frame: FrameType, depth: int) -> Any:
    if depth > _MAX_DEPTH:
        return None
    match node:
        case ast.Constant():
            return node.value
        case ast.NamedExpr():
            return _value(node.value, frame, depth + 1)
        case ast.Name():
            return frame.f_locals.get(node.id, frame.f_globals.get(node.id))
        case ast.Attribute():
            owner = _value(node.value, frame, depth + 1)
            return None if owner is None else inspect.getattr_static(owner, node.attr, None)
        case ast.Subscript():
            owner, key = _value(node.value, frame, depth + 1), _value(node.slice, frame, depth + 1)
            if type(owner) in {dict, list, tuple} and isinstance(key, str | int):
                try:
                    return owner[key]
                except (LookupError, TypeError):
                    return None
    return None
