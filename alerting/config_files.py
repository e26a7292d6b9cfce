"""A secret read from the file that its `_FILE` variable names."""

from pathlib import Path


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
