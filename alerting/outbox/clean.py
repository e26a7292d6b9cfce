"""Text from events made fit for any database: PostgreSQL refuses NUL, and no UTF-8 encodes a lone surrogate. Pure."""

from collections.abc import Mapping
from typing import Any

TEXT_LIMIT = 2000


def clean(text: str, limit: int = TEXT_LIMIT) -> str:
    """At most `limit` characters, without NUL, lone surrogates replaced."""
    return text[:limit].replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def clean_json(value: Any) -> Any:
    """The same for every string in a JSON value."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        return {clean(str(key)): clean_json(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [clean_json(each) for each in value]
    return value
