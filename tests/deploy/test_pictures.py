"""The README's pictures: all there, all shown, none too large."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LARGEST = 150_000


def test_every_picture_is_shown_and_every_one_shown_is_there() -> None:
    shown = set(re.findall(r"deploy/pictures/([\w-]+\.png)", (ROOT / "README.md").read_text()))
    there = {path.name for path in (ROOT / "deploy" / "pictures").glob("*.png")}
    assert shown == there
    assert {"page-light", "page-dark", "page-phone", "page-empty", "page-blind", "mail", "slack"} <= {
        name.removesuffix(".png") for name in there
    }


def test_none_is_too_large() -> None:
    assert all(path.stat().st_size <= LARGEST for path in (ROOT / "deploy" / "pictures").glob("*.png"))
