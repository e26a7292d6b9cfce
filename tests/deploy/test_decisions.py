"""Decisions are found by their number: one after the other, the same in the file's name and in its heading."""

from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "deploy" / "decisions"


def test_decisions_are_numbered_without_gaps() -> None:
    files = sorted(FOLDER.iterdir())
    assert [path.name[:5] for path in files] == [f"{number:04}-" for number in range(1, len(files) + 1)]
    headings = [path.read_text().split(" ", 2)[:2] for path in files]
    assert headings == [["#", f"{number}."] for number in range(1, len(files) + 1)]
