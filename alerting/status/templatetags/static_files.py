"""Addresses of our static files that change with their content, so that browsers may keep them."""

import hashlib
from functools import cache
from pathlib import Path

from django import template

register = template.Library()
FOLDER = Path(__file__).parent.parent / "static" / "status"


@register.simple_tag
def static_file(name: str) -> str:
    """`/static/<name>?v=<hash of the content>`."""
    return f"/static/{name}?v={_versions()[name]}"


@cache
def _versions() -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:12] for path in FOLDER.iterdir()}
