"""Nothing is kept that nobody uses: documented variables that are not read, enum members that nothing makes."""

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from alerting.config import Settings

ROOT = Path(__file__).resolve().parents[1]
# Where variables are declared and checked: being named there is not being used.
DECLARING = ("config.py", "config_combinations.py", "env_example.py")
ENUMS = ("Enum", "StrEnum", "TextChoices")


@cache
def parsed() -> dict[Path, ast.Module]:
    """Every file of ours, read when a test needs it: each worker of a test run imports this one."""
    return {
        path: ast.parse(path.read_text())
        for place in ("alerting", "worker")
        for path in sorted((ROOT / place).rglob("*.py"))
        if "migrations" not in path.parts
    }


def enums() -> dict[str, dict[str, object]]:
    """Every enum's members, written out one by one, with their values."""
    classes = [node for tree in parsed().values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    return {
        each.name: {
            ast.unparse(node.targets[0]): _value(node.value) for node in each.body if isinstance(node, ast.Assign)
        }
        for each in classes
        if any(ast.unparse(base).split(".")[-1] in ENUMS for base in each.bases)
    }


def _value(node: ast.expr) -> object:
    return node.value if isinstance(node, ast.Constant) else None


def made(node: ast.AST, members: Mapping[str, Mapping[str, object]]) -> Iterator[tuple[str, str]]:
    """The members named below this node otherwise than in being compared with or looked up."""
    if isinstance(node, ast.Compare | ast.MatchValue):
        return
    if isinstance(node, ast.Attribute):
        owner = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
        if node.attr in members.get(owner, ()):
            yield owner, node.attr
    keys = set(map(id, node.keys)) if isinstance(node, ast.Dict) else set()
    for child in ast.iter_child_nodes(node):
        if id(child) not in keys:
            yield from made(child, members)


def test_every_variable_is_read_somewhere() -> None:
    trees = [tree for path, tree in parsed().items() if path.name not in DECLARING]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    named = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    named |= {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    # A property of the settings stands for the variables it reads.
    config = next(tree for path, tree in parsed().items() if path.name == "config.py")
    methods = [node for node in ast.walk(config) if isinstance(node, ast.FunctionDef) and node.name in named]
    named |= {node.attr for each in methods for node in ast.walk(each) if isinstance(node, ast.Attribute)}
    assert sorted(set(Settings.model_fields) - named) == []


def used_whole(members: Mapping[str, object]) -> set[str]:
    """Enums that are gone through, each member of them."""
    nodes = [node for tree in parsed().values() for node in ast.walk(tree)]
    loops = [node.iter for node in nodes if isinstance(node, ast.comprehension | ast.For)]
    arguments = [each for node in nodes if isinstance(node, ast.Call) for each in node.args]
    return {each.id for each in (*loops, *arguments) if isinstance(each, ast.Name)} & set(members)


def test_every_member_of_an_enum_is_made_by_something() -> None:
    members = enums()
    assert len(members) > 10
    found = {pair for tree in parsed().values() for pair in made(tree, members)}
    whole = used_whole(members)
    # `Why(worse.value)` makes the member of the same value.
    values = {members[owner][name] for owner, name in found} - {None}
    unmade = [
        f"{owner}.{name}"
        for owner, each in members.items()
        for name, value in each.items()
        if (owner, name) not in found and owner not in whole and value not in values
    ]
    assert unmade == []
