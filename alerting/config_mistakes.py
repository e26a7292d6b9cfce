"""What is wrong with the environment in words: for each variable what was expected, and what is there unless secret."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from alerting.config_files import FILE_SUFFIX, is_secret
from alerting.config_values import bounds, shown

# The limits of a rate, which some think of in percent.
FRACTION = "from 0.0 to 1.0"


class NeighbourError(ValueError):
    """Settings that are each fine but contradict one another."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


def explained(error: ValidationError, values: Mapping[str, str], settings: type[BaseModel]) -> list[str]:
    """Every mistake in words; each begins with its variable, and none shows a secret."""
    problems: list[str] = []
    for item in error.errors():
        cause = item.get("ctx", {}).get("error")
        if isinstance(cause, NeighbourError):
            problems += cause.problems
            continue
        name = str(item["loc"][0])
        if mentions(problems, name):
            continue
        got = "a value that is not shown" if is_secret(settings.model_fields[name]) else shown(values[name])
        problems.append(f"{name}: expected {_expected(item, bounds(settings.model_fields[name]))}, got {got}")
    healthy = {name: value for name, value in values.items() if not mentions(problems, name)}
    if problems and len(healthy) < len(values):
        # pydantic skips model validators once a field failed; neighbours are judged on what is left.
        try:
            settings.model_validate(healthy)
        except ValidationError as again:
            broken = set(values) - set(healthy)
            problems += [
                line for line in explained(again, healthy, settings) if not any(name in line for name in broken)
            ]
    return problems


def _expected(item: Any, limits: str) -> str:
    ctx = item.get("ctx", {})
    kind: str = item["type"]
    if "error" in ctx:
        return str(ctx["error"])
    if limits == FRACTION:
        limits += " (5 % is 0.05)"
    number = "a whole number" if kind.startswith("int") else "a number"
    if kind in {"greater_than", "greater_than_equal", "less_than", "less_than_equal"}:
        return f"a number {limits}".strip()
    if kind.startswith(("int", "float", "finite")):
        return f"{number} {limits}".strip()
    return str(item["msg"])


def mentions(problems: list[str], name: str) -> bool:
    """Whether one of these is about this variable."""
    return any(problem.startswith((f"{name}:", f"{name}{FILE_SUFFIX}:")) for problem in problems)
