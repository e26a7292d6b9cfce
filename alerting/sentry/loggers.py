"""Tells the names of loggers before their messages from names before their values."""

import re

_LEVEL_BEFORE = re.compile(r"\b(?i:debug|info|warn(?:ing)?|error|critical|notice|fatal|trace)\b[\]:|]?[\s:|-]{0,8}\[?$")
# What modules are called that log about secrets; those that are called so alone say nothing else.
_MODULES = frozenset("auth session sessions token tokens jwt csrf cookies credentials secrets passwords oauth".split())
_MODULES_ALONE = frozenset("auth sessions csrf oauth".split())
_LONE = re.compile(
    r"[bu]?\\{0,7}[\"'`]?(?=\S{0,60}\d)(?=\S{0,60}[A-Za-z])(?!/)[^\s\"'`(){}:]{6,}[\"'`]?\s*(?:$|[\r\n])"
)
_MIXED = re.compile(r"(?=\S{0,60}\d)(?=\S{0,60}[A-Za-z])\S{6}")
_OPENERS = frozenset("\"'`([{")


def is_logger(text: str, match: re.Match[str]) -> bool:
    """Whether the name is a logger's, before its message: INFO shop.auth: 3 tokens removed."""
    name = match["name"].rpartition(":")[2]
    level = _LEVEL_BEFORE.search(text[max(0, match.start() - 24) : match.end("name") - len(name)])
    last = name.rpartition(".")[2]
    if last not in _MODULES or not name.islower() or not ("." in name or (level and last in _MODULES_ALONE)):
        return False
    told = text[match.end() : match.end() + 200]
    if _LONE.match(told) or told[:2] in {"('", '("'} or (last not in _MODULES_ALONE and _MIXED.match(told)):
        return False
    return bool(level or (told[:1] not in _OPENERS and not _MIXED.match(told)))
