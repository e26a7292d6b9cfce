"""Vendored files are what their list says, and addresses change with the content."""

import hashlib
import re
from pathlib import Path

import pytest

from alerting.status.templatetags.static_files import FOLDER, static_file

BROWSER = Path(__file__).resolve().parents[1] / "browser"


@pytest.mark.parametrize(
    ("folder", "name", "licence", "words"),
    [
        (FOLDER, "htmx.min.js", "htmx.LICENSE", "Zero-Clause BSD"),
        (BROWSER, "axe.min.js", "axe.LICENSE", "Mozilla Public License"),
    ],
)
def test_vendored_files_are_unmodified_and_licensed(folder: Path, name: str, licence: str, words: str) -> None:
    listed = re.findall(r"\| `(\S+)` \|.*\| ([0-9a-f]{64}) \|", (folder / "README.md").read_text())
    assert listed == [(name, hashlib.sha256((folder / name).read_bytes()).hexdigest())]
    assert words in (folder / licence).read_text()


def test_an_address_names_its_content() -> None:
    digest = hashlib.sha256((FOLDER / "style.css").read_bytes()).hexdigest()
    assert static_file("style.css") == f"/static/style.css?v={digest[:12]}"
