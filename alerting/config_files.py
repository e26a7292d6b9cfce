"""Which variables are secret, and the file that a secret's `_FILE` variable names."""

from pathlib import Path
from typing import Any, get_args

from pydantic import SecretStr
from pydantic.fields import FieldInfo

FILE_SUFFIX = "_FILE"


def read(variable: str, path: str) -> tuple[str, str]:
    """The file's text without surrounding blanks, or else the mistake in words."""
    # Whoever puts the secret itself into the variable must not find it in a log.
    looks_like_path = path.startswith(("/", "./", "../", "~"))
    name = path if looks_like_path else "the file it names"
    try:
        text = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        hint = "" if looks_like_path else " (the variable holds a path, not the secret itself)"
        return "", f"{variable}: cannot read {name}: {why}{hint}"
    return (text, "") if text else ("", f"{variable}: {name} is empty")


def is_secret(field: FieldInfo) -> bool:
    """Whether values of this field must never be shown; such fields can also be read from a `_FILE`."""
    return any(_mentions_secret(part) for part in (field.annotation, *field.metadata))


def _mentions_secret(annotation: Any) -> bool:
    return annotation is SecretStr or any(_mentions_secret(part) for part in get_args(annotation))
