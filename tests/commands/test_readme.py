"""The README's table of variables is complete, current, and says what the configuration means."""

from itertools import pairwise
from pathlib import Path

from alerting.commands import env_example
from alerting.config import Settings

README = Path(__file__).resolve().parents[2] / "README.md"


def table() -> str:
    """The table as it has to be."""
    rows = ["| variable | default | meaning |", "| --- | --- | --- |"]
    for name, field in Settings.model_fields.items():
        default = env_example._default(field)
        meaning = env_example._meaning(name, field).replace(f"[secret; or {name}_FILE]", "(secret)").replace("|", "\\|")
        rows.append(f"| `{name}` | {f'`{default}`' if default else ''} | {meaning} |".replace("|  |", "| |"))
    return "\n".join(rows)


def test_the_table_of_variables_has_not_drifted() -> None:
    assert table() in README.read_text(), f"put this into README.md:\n{table()}"


def test_no_heading_stands_empty() -> None:
    headings = [line for line in README.read_text().splitlines() if line.strip()]
    assert not [line for line, after in pairwise(headings) if line.startswith("## ") and after.startswith("## ")]
