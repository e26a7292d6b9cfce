"""What is written in an expression stands in it: in a format string a repetition needs its braces twice."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def evaluated_repetitions(source: str) -> list[str]:
    """Numbers in single braces of format strings, which come out as `1` or `(1, 12)` and no longer repeat anything."""
    return [
        ast.unparse(node.value)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FormattedValue) and (isinstance(node.value, ast.Tuple) or _is_number(node.value))
    ]


def _is_number(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, int)


def test_one_is_found() -> None:
    assert evaluated_repetitions(r'rf"\d{1, 12}{GAP}{{8}}\w{3}"') == ["(1, 12)", "3"]


def test_no_repetition_was_evaluated() -> None:
    files = [path for package in ("alerting", "worker") for path in (ROOT / package).rglob("*.py")]
    found = {str(path): wrong for path in files if (wrong := evaluated_repetitions(path.read_text()))}
    assert files and found == {}
