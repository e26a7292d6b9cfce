"""Vendored files are what their list says, and addresses change with the content."""

import hashlib
import re

from alerting.status.templatetags.static_files import FOLDER, static_file


def test_vendored_files_are_unmodified_and_licensed() -> None:
    listed = re.findall(r"\| `(\S+)` \|.*\| ([0-9a-f]{64}) \|", (FOLDER / "README.md").read_text())
    assert [name for name, _ in listed] == ["htmx.min.js"]
    for name, digest in listed:
        assert hashlib.sha256((FOLDER / name).read_bytes()).hexdigest() == digest
    assert "Zero-Clause BSD" in (FOLDER / "htmx.LICENSE").read_text()


def test_an_address_names_its_content() -> None:
    digest = hashlib.sha256((FOLDER / "style.css").read_bytes()).hexdigest()
    assert static_file("style.css") == f"/static/style.css?v={digest[:12]}"
