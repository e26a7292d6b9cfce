"""What is kept as JSON between ticks, in the form that its dataclass declares. Pure."""

from collections.abc import Mapping
from typing import Any, Self

from pydantic import TypeAdapter

_adapters: dict[type[Any], TypeAdapter[Any]] = {}


class AsJson:
    """For dataclasses whose fields pydantic can write and read; an older worker can read what a newer one wrote."""

    __slots__ = ()

    def to_json(self) -> dict[str, Any]:
        """Every field, times in ISO 8601."""
        written: dict[str, Any] = _adapter(type(self)).dump_python(self, mode="json", by_alias=True)
        return written

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """What is missing has its default, unknown keys are ignored."""
        read: Self = _adapter(cls).validate_python(data)
        return read


def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(kind)
    return _adapters[kind]
