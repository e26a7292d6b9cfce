"""The kind of an SQL statement: its verb and the tables it names, without any of its values."""

import re

# A statement's tables stand near its front; what follows in a bulk insert is megabytes of values.
MAX_CHARS = 20_000
MAX_TABLES = 6

# Double quotes hold a name, in MySQL also a text of any length.
_NAME = r"""(?:"(?:[^"\\]|""|\\.)*+(?:"|\Z)|`[^`]{1,128}`|\[[^\]\d][^\]]{0,128}\]|[A-Za-z_][\w$]*)"""
_TOKEN = re.compile(
    rf"""
      --[^\n]* | /\*.*?(?:\*/|\Z)                      # comments
    | '(?:[^'\\]|''|\\(?!'\s*+(?:[,);]|\Z))[\s\S]|\\)*+(?:'|\Z)     # text; a backslash escapes where that makes sense
    | \$(?P<tag>\w*)\$.*?(?:\$(?P=tag)\$|\Z)           # PostgreSQL's dollar-quoted text
    | %\(\w+\)s | %s | :\w+ | @\w+                     # placeholders
    | (?P<name>{_NAME}(?:\s*\.\s*{_NAME})*)
    | (?P<open>\() | (?P<close>\)) | (?P<comma>,)
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
_NOT_TABLES = frozenset(
    {"set", "select", "of", "nowait", "skip", "values", "where", "stdin", "current_timestamp"}
) | frozenset({"null", "true", "false", "and", "or", "for", "date", "timestamp", "interval"})
_AFTER_TABLES = frozenset(
    {"where", "group", "order", "having", "limit", "offset", "on", "set", "using", "union", "except"}
) | frozenset({"intersect", "returning", "window", "fetch", "for", "values"})
# `FOR UPDATE`, `DO UPDATE` and `KEY UPDATE` are clauses, not statements about a table.
_CLAUSE_BEFORE_UPDATE = frozenset({"for", "do", "key", "no"})
_LOOKS_LIKE_SQL = re.compile(
    r"""(?:\s|\(|--[^\n]*\n|/\*.*?\*/)*+(?:(?:with|explain)\b.+?\b(?:select|insert|update|delete)\b|select\b.+?\bfrom\b
        |(?:insert|replace)\s+(?:(?:or\s+\w+|ignore|low_priority)\s+)?into\b|update\s+\S+\s+(?:as\s+\w+\s+)?set\b
        |delete\s+from\b|merge\s+into\b
        |(?:create|alter|drop|truncate|lock)\s+(?:unique\s+|temp\w*\s+|or\s+replace\s+)?(?:table|index|view)\b)""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)


def kind_of(statement: str) -> str | None:
    """`select orders, users` for a query over both, or None where the text is no SQL statement."""
    verb: str | None = None
    nested_verb: str | None = None
    tables: list[str] = []
    depth, listing = 0, -1
    before = ""
    awaiting_table = False
    for token in _TOKEN.finditer(statement[:MAX_CHARS]):
        if token["open"] or token["close"]:
            depth += 1 if token["open"] else -1
            listing = listing if depth >= listing else -1
            awaiting_table = False
            continue
        if not token["name"]:
            awaiting_table = awaiting_table or (bool(token["comma"]) and listing == depth)
            continue
        word = _plain(token["name"])
        keyword = word if token["name"][0].isalpha() else ""
        if verb is None and nested_verb is None and not before and keyword not in _VERBS | _PREFIXES:
            return None
        if awaiting_table and keyword not in _FILLERS:
            if keyword not in _NOT_TABLES and word not in tables:
                tables.append(word)
            awaiting_table = False
        elif keyword in _BEFORE_TABLE:
            clause = (keyword == "update" and before in _CLAUSE_BEFORE_UPDATE) or before == "distinct"
            awaiting_table = not clause
            listing = depth if keyword == "from" and not clause else listing
        if keyword in _AFTER_TABLES:
            listing = -1
        if keyword in _VERBS:
            if depth <= 0:
                verb = verb or keyword
            nested_verb = nested_verb or keyword
        before = keyword or word
    chosen = verb or nested_verb
    if chosen is None:
        return None
    return f"{chosen} {', '.join(tables[:MAX_TABLES])}" if tables else chosen


def kind_in(text: str) -> str | None:
    """Like `kind_of` for a value that may be anything: prose that merely starts with a verb is no statement."""
    return kind_of(text) if _LOOKS_LIKE_SQL.match(text, 0, MAX_CHARS) else None


def _plain(name: str) -> str:
    return ".".join(part.strip().strip('"`[]') for part in name.split(".")).lower()
