"""How big each package is. The numbers in counts.json may only shrink; who raises one says why in the same commit."""

import ast
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
COUNTS = json.loads((ROOT / "tests" / "counts.json").read_text())
RECORDED: dict[str, dict[str, int]] = COUNTS["packages"]
PLACES = ("alerting", "worker", "tests/sandbox")
# Words, vendors' tokens and their examples are data: they count neither as lines nor as expressions.
DATA = ROOT / "alerting" / "sentry" / "scrub" / "rules"
# Each folder in these is one of a kind, such as a channel, and has files of the same names as the others.
ALIKE = (ROOT / "alerting" / "notifiers", ROOT / "alerting" / "rules")
LONG = 300
_COMPILING = {"compile", "search", "match", "fullmatch", "sub", "subn", "split", "findall", "finditer"}


def package_of(path: Path) -> str:
    """Where a file counts: `alerting` for what lies in it itself, else the package below, `worker`, `tests/sandbox`."""
    parts = path.relative_to(ROOT).parts
    return parts[0] if len(parts) == 2 else "/".join(parts[:2])


def sources() -> dict[str, dict[str, Path]]:
    """The files of each package by dotted name; made by Django and tests of the sandbox excepted."""
    found: dict[str, dict[str, Path]] = {}
    for path in sorted(each for place in PLACES for each in (ROOT / place).rglob("*.py")):
        if "migrations" in path.parts or path.name.startswith(("test_", "conftest")) or DATA in path.parents:
            continue
        dotted = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        found.setdefault(package_of(path), {})[dotted] = path
    return found


def measured(files: Mapping[str, Path]) -> dict[str, int]:
    trees = {name: ast.parse(path.read_text()) for name, path in files.items()}
    return {
        "lines": sum(len(path.read_text().splitlines()) for path in files.values()),
        "files": len(files),
        "import_levels": import_levels(trees),
        "expressions": sum(expressions(tree) for tree in trees.values()),
    }


def expressions(tree: ast.Module) -> int:
    """Calls of `re`: what is compiled, at import or where it is used."""
    functions = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    methods = [one for one in functions if isinstance(one, ast.Attribute) and isinstance(one.value, ast.Name)]
    return sum(one.value.id == "re" and one.attr in _COMPILING for one in methods)


def import_levels(trees: Mapping[str, ast.Module]) -> int:
    """The longest way from a file through those it imports with itself; what functions import later is not in it."""
    imported = {name: {one for node in tree.body for one in _names(node, trees)} for name, tree in trees.items()}
    levels: dict[str, int] = {}

    def level(name: str) -> int:
        if name not in levels:
            levels[name] = 1 + max((level(one) for one in imported[name]), default=0)
        return levels[name]

    return max(map(level, trees))


def _names(node: ast.stmt, known: Mapping[str, ast.Module]) -> Iterator[str]:
    if isinstance(node, ast.ImportFrom) and node.module:
        inner = [f"{node.module}.{one.name}" for one in node.names]
        yield from [one for one in inner if one in known] or [one for one in [node.module] if one in known]


PACKAGES = sources()


def test_every_package_is_counted() -> None:
    assert sorted(PACKAGES) == sorted(RECORDED)


@pytest.mark.parametrize("package", sorted(RECORDED))
def test_a_package_does_not_grow(package: str) -> None:
    now = measured(PACKAGES[package])
    grown = {name: f"{now[name]}, recorded {most}" for name, most in RECORDED[package].items() if now[name] > most}
    assert not grown, f"make it smaller again, or raise counts.json and say why in the commit: {grown}; now: {now}"


def test_no_file_is_longer_than_can_be_read_at_once() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text().splitlines())
        for package in PACKAGES.values()
        for path in package.values()
    }
    allowed = COUNTS["files above 300 lines"]
    assert {name: count for name, count in lengths.items() if count > max(LONG, allowed.get(name, 0))} == {}
    assert {name for name in allowed if lengths.get(name, 0) <= LONG} == set(), "take them out of counts.json"


def _kind_of_folder(path: Path) -> Path:
    folder = path.parent
    return folder.parent if folder.parent in ALIKE else folder


def test_a_file_is_known_by_its_name_alone() -> None:
    """No base name twice, but for Django's own, what Python itself asks for, and folders that are alike."""
    files = [path for package in PACKAGES.values() for path in package.values() if "tests" not in path.parts]
    names = [name for name, _ in {(path.name, _kind_of_folder(path)) for path in files}]
    twice = {name for name in names if names.count(name) > 1}
    assert twice <= {"__init__.py", "__main__.py", "apps.py", "models.py", "urls.py", *COUNTS["names that stand twice"]}
