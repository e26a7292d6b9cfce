"""The kind of an SQL statement: its verb and the tables it names, without any of its values."""

import re

# A statement's tables stand near its front; what follows in a bulk insert is megabytes of values.
MAX_CHARS = 20_000
MAX_TABLES = 6

_NAME = r"""(?:"[^"]{1,128}"|`[^`]{1,128}`|\[[^\]\d][^\]]{0,128}\]|[A-Za-z_][\w$]*)"""
_TOKEN = re.compile(
    rf"""
      --[^\n]* | /\*.*?(?:\*/|\Z)                      # comments
    | '(?:[^'\\]|''|\\.)*(?:'|\Z)                      # text
    | \$(?P<tag>\w*)\$.*?(?:\$(?P=tag)\$|\Z)           # PostgreSQL's dollar-quoted text
    | %\(\w+\)s | %s | :\w+ | @\w+                     # placeholders
    | (?P<name>{_NAME}(?:\s*\.\s*{_NAME})*)
    | (?P<open>\() | (?P<close>\))
    """,
    re.VERBOSE | re.DOTALL,
)

_VERBS = (
    frozenset({"select", "insert", "update", "delete", "merge", "replace", "upsert", "copy", "values", "call"})
    | frozenset({"create", "alter", "drop", "truncate", "refresh", "vacuum", "grant", "revoke", "exec", "execute"})
    | frozenset({"begin", "commit", "rollback", "savepoint", "release", "lock", "set", "show", "pragma"})
)
_PREFIXES = frozenset({"with", "explain", "analyze", "verbose"})
_BEFORE_TABLE = frozenset(
    {"from", "join", "into", "update", "table", "truncate", "copy", "merge", "call", "exec", "execute"}
)
_FILLERS = frozenset(
    {"only", "if", "not", "exists", "ignore", "low_priority", "concurrently", "table", "into", "lateral"}
)
_NOT_TABLES = frozenset({"set", "select", "of", "nowait", "skip", "values", "where", "stdin", "current_timestamp"})
# `FOR UPDATE`, `DO UPDATE` and `KEY UPDATE` are clauses, not statements about a table.
_CLAUSE_BEFORE_UPDATE = frozenset({"for", "do", "key", "no"})
_LOOKS_LIKE_SQL = re.compile(
    r"""\s*(?:(?:with|explain)\b.+?\b(?:select|insert|update|delete)\b|select\b.+?\bfrom\b|insert\s+into\b
        |update\s+\S+\s+set\b|delete\s+from\b|(?:create|alter|drop|truncate|lock)\s+table\b|merge\s+into\b)""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)


def kind_of(statement: str) -> str | None:
    """`select orders, users` for a query over both, or None where the text is no SQL statement."""
    verb: str | None = None
    nested_verb: str | None = None
    tables: list[str] = []
    depth = 0
    before = ""
    awaiting_table = False
    for token in _TOKEN.finditer(statement[:MAX_CHARS]):
        if token["open"] or token["close"]:
            depth += 1 if token["open"] else -1
            awaiting_table = False
            continue
        if not token["name"]:
            continue
        word = _plain(token["name"])
        if verb is None and nested_verb is None and not before and word not in _VERBS | _PREFIXES:
            return None
        if awaiting_table and word not in _FILLERS:
            if word not in _NOT_TABLES and word not in tables:
                tables.append(word)
            awaiting_table = False
        elif word in _BEFORE_TABLE:
            awaiting_table = not (word == "update" and before in _CLAUSE_BEFORE_UPDATE)
        if word in _VERBS:
            if depth <= 0:
                verb = verb or word
            nested_verb = nested_verb or word
        before = word
    chosen = verb or nested_verb
    if chosen is None:
        return None
    return f"{chosen} {', '.join(tables[:MAX_TABLES])}" if tables else chosen


def kind_in(text: str) -> str | None:
    """Like `kind_of` for a value that may be anything: prose that merely starts with a verb is no statement."""
    return kind_of(text) if _LOOKS_LIKE_SQL.match(text, 0, MAX_CHARS) else None


def _plain(name: str) -> str:
    return ".".join(part.strip().strip('"`[]') for part in name.split(".")).lower()
