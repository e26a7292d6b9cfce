"""How big the SDK package is. The numbers in counts.json may only shrink: who makes it smaller writes them down."""

import ast
import json
from collections.abc import Mapping
from pathlib import Path

import alerting.sentry

PACKAGE = Path(alerting.sentry.__file__).parent
RECORDED = json.loads((Path(__file__).parent / "counts.json").read_text())
# Words, vendors' tokens and their examples are data: they count neither as lines nor as expressions.
RULE_ROWS = PACKAGE / "scrub" / "rules"
_COMPILING = {"compile", "search", "match", "fullmatch", "sub", "subn", "split", "findall", "finditer"}


def files() -> dict[str, ast.Module]:
    """The package's modules by dotted name."""
    found = [path for path in sorted(PACKAGE.rglob("*.py")) if not path.is_relative_to(RULE_ROWS)]
    return {_dotted(path): ast.parse(path.read_text()) for path in found}


def _dotted(path: Path) -> str:
    return ".".join(("alerting", "sentry", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__")


def lines() -> int:
    return sum(
        len(path.read_text().splitlines()) for path in PACKAGE.rglob("*.py") if not path.is_relative_to(RULE_ROWS)
    )


def expressions() -> int:
    """Calls of `re`: what is compiled, at import or where it is used."""
    calls = [node for tree in files().values() for node in ast.walk(tree) if isinstance(node, ast.Call)]
    functions = [call.func for call in calls if isinstance(call.func, ast.Attribute)]
    return sum(isinstance(one.value, ast.Name) and one.value.id == "re" and one.attr in _COMPILING for one in functions)


def import_levels() -> int:
    """The longest way from a module through those it imports with itself; what functions import later is not in it."""
    trees = files()
    imported = {name: {one for node in tree.body for one in _names(node, trees)} for name, tree in trees.items()}
    levels: dict[str, int] = {}

    def level(name: str) -> int:
        if name not in levels:
            levels[name] = 1 + max((level(one) for one in imported[name]), default=0)
        return levels[name]

    return max(map(level, trees))


def _names(node: ast.stmt, known: Mapping[str, ast.Module]) -> list[str]:
    if not isinstance(node, ast.ImportFrom) or not node.module:
        return []
    inner = [f"{node.module}.{one.name}" for one in node.names]
    return [one for one in inner if one in known] or [one for one in [node.module] if one in known]


def test_the_package_does_not_grow() -> None:
    measured = {
        "lines": lines(),
        "files": len(files()),
        "expressions": expressions(),
        "import_levels": import_levels(),
    }
    grown = {name: f"{count}, recorded {RECORDED[name]}" for name, count in measured.items() if count > RECORDED[name]}
    assert not grown, f"make it smaller again, or say in a decision why it may grow: {grown}; measured: {measured}"
