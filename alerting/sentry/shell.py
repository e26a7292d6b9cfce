"""Secrets in command lines: options that say so, and those of well-known programs that do not."""

import re
from collections.abc import Sequence
from typing import Any

from alerting.sentry.keys import Names
from alerting.sentry.patterns import MARKER, looks_random
from alerting.sentry.speech import ORDINARY_WORDS, PLACEHOLDER
from alerting.sentry.verdict import Verdict

_QUOTED = r"(?:\\{1,7}\"[^\"\\\r\n]{1,400}\\{1,7}\"|\"[^\"\r\n]{1,400}\"|'[^'\r\n]{1,400}'|[^\s\"';|&<>]{1,400})"
_OPTION = re.compile(rf"(?<![\w-])(?P<way>--?(?P<name>[A-Za-z][\w.-]{{2,60}})(?:\s{{1,3}}|=))(?P<value>{_QUOTED})")
# Programs, with the options after which they take a password, and whether it may be joined to the option.
_PROGRAMS = (
    (r"mysql\w{0,10}|mariadb[\w-]{0,10}|7za?", "-p", True, False),
    (
        r"sshpass|(?:docker|podman|helm registry|az|oc|skopeo|buildah|twine|nerdctl|crane)(?: \S{1,20}){0,2}? login|"
        r"mongo\w{0,8}|cqlsh|twine upload|rabbitmqadmin|influx|snmpget",
        "-p",
        True,
        True,
    ),
    (r"redis-cli|keydb-cli|valkey-cli", "-a", True, True),
    (r"ssh-keygen", "-N", True, True),
    (r"sqlcmd|bcp|isql|zip|unzip|7za?|kinit", "-P", True, True),
    (r"openssl", "-k", True, True),
    (r"ldap(?:search|add|modify|passwd|whoami|delete)", "-w", True, True),
)
_JOINED = {(True, True): r"(?:\s{1,3})?(?!assw)", (True, False): r"(?!assw)", (False, True): r"\s{1,3}"}
_COMMANDS = tuple(
    (
        f" {option}",
        re.compile(
            rf"(?P<way>(?<![\w.-])(?:{programs})(?![\w-])(?:[^\r\n;|]{{0,200}}?)\s{option}{_JOINED[joined, apart]})"
            rf"(?P<value>(?!\s|-){_QUOTED})"
        ),
    )
    for programs, option, joined, apart in _PROGRAMS
)
_METAVARIABLE = re.compile(r"[A-Z][A-Z_-]*[\]).,`'\"]*|[a-z]+\]")
_USER = re.compile(
    r"(?P<flag>(?:(?:^|[\s'])(?:-u|--user|--proxy-user)(?:[\s=]|'\s?,\s?')|\bcurl\b[^\r\n;|]{0,200}?\s-u)['\"]?"
    r"[^\s:'\"]{1,100}:)"
    r"(?P<value>[^\s'\"]{1,200}(?:[^'\"\r\n]{0,200}(?='(?:\s|$)))?)"
)
_SETTING = re.compile(
    rf"(?P<way>(?<![\w.-])(?:aws|npm|git|gcloud|pip|poetry|composer|heroku|az|kubectl|bundle|conan|gh)\s[^\r\n;|]{{0,80}}?"
    rf"(?:set|config|add)\s(?:--?\w{{1,20}}\s){{0,3}}(?P<name>[\w./:-]{{2,80}})\s{{1,3}})(?P<value>{_QUOTED})"
)
_SET_FOR = re.compile(
    rf"(?P<way>(?<![\w.-])(?:ENV|SetEnv|setenv|setx|fastcgi_param|proxy_set_header|add_header|RequestHeader set)\s"
    rf"(?P<name>[\w.-]{{2,80}})\s{{1,8}})(?P<value>(?!\$){_QUOTED})"
)
_USERS = re.compile(
    rf"(?P<way>\brabbitmqctl\s(?:add_user|change_password|authenticate_user)\s\S{{1,80}}\s{{1,3}}"
    rf"|\bhtpasswd\s-\w{{0,6}}b\w{{0,6}}\s\S{{1,200}}\s\S{{1,80}}\s{{1,3}}|-pass(?:in|out)?\s+pass:|\bvault login\s"
    rf"|--from-literal[= ][\w.-]{{1,80}}=|\becho\s(?:-n\s)?(?=[^\r\n|]{{1,200}}\|[^\r\n|]{{1,80}}(?:-stdin|sudo))"
    rf"|\bsmbclient\s[^\r\n;|]{{1,200}}?-U\s?[^\s%]{{1,80}}%|\b[A-Z]{{1,5}}\d{{1,5}}\sLOGIN\s\S{{1,80}}\s|\bSETUSER\s[^\r\n>]{{1,200}}>"
    rf"|\bsqlplus\s(?:-\w\s){{0,3}}[\w$]{{1,40}}/)(?P<value>{_QUOTED})"
)
_ORACLE = re.compile(
    r"(?P<way>(?:\bthin:|\bsqlplus\s(?:-\w\s){0,3}|(?<![\w/.@-]))[A-Za-z][\w$]{0,40}/)(?P<value>[^\s/@'\"]{2,100})"
    r"(?=@(?://|[\w.-]{1,100}:\d{2,5}[:/]))"
)
_REDIS = re.compile(
    r"(?P<way>(?:(?m:^)|\b(?:command|cmd|sent|send|executing|pipeline)\b)\W{0,4}AUTH\s"
    r"|[\"']AUTH[\"']\s(?=[\"'])(?:[\"']default[\"']\s)?|\bAUTH default\s"
    r"|\bHELLO \d AUTH \S{1,80}\s|\b(?:requirepass|masterauth)\s)"
    r"(?P<value>(?![A-Z]+ [A-Z ]+['\"]?$)[^\r\n]{1,300})"
)
_WITHOUT_SCHEME = re.compile(
    r"(?<![\w@.:%-])(?<![^/]/)(?P<way>[A-Za-z_][\w.-]{0,60}:)(?P<value>[^\s:/@'\"<>()\[\]{},;=]{3,100})"
    r"(?=@(?!sha\d)(?:[A-Za-z][\w.-]{0,100}|\d{1,3}(?:\.\d{1,3}){3})(?![\w@.-]))"
)
_SHOWN_LIST = re.compile(
    r"\[(?:b?'[^'\r\n]{0,1000}'|b?\"[^\"\r\n]{0,1000}\")(?:,\s(?:b?'[^'\r\n]{0,1000}'|b?\"[^\"\r\n]{0,1000}\")){1,100}\]"
)
_SHOWN_ITEM = re.compile(r"b?'[^']*'|b?\"[^\"]*\"")
# Arguments are joined to a line of words; what would end a word stands aside meanwhile.
_MOST_ARGUMENTS, _LONGEST_ARGUMENT = 100, 500
_APART = "\x1f"
_ENDING = dict(zip(" '\";|&<>", map(chr, range(0xE000, 0xE008)), strict=True))
_HELD, _LET_GO = str.maketrans(_ENDING), str.maketrans({held: plain for plain, held in _ENDING.items()})
_LABELS = re.compile(
    r"(?i)(?:mailto|e?-?mail|user(?:name)?|from|to|cc|bcc|for|by|sip|xmpp|acct|info|error|debug|warn(?:ing)?):"
)


def without_arguments(text: str, names: Names) -> str:
    """The text with the secrets in its command lines replaced."""
    if "['-" in text or ", '-" in text:
        text = _SHOWN_LIST.sub(lambda match: _without_listed(match, names), text)
    if "-" in text:
        text = _OPTION.sub(lambda match: _option(match, names), text)
    for sign, command in _COMMANDS:
        if sign in text or _APART in text:
            text = command.sub(_cut, text)
    if "-u" in text:
        text = _USER.sub(_cut, text)
    text = _SETTING.sub(lambda match: _cut(match) if names.judge(match["name"]) > Verdict.ADDRESS else match[0], text)
    text = _SET_FOR.sub(lambda match: _cut(match) if names.judge(match["name"]) > Verdict.ADDRESS else match[0], text)
    text = _USERS.sub(_cut, text)
    if "@" in text:
        text = _ORACLE.sub(_cut, text)
        text = _WITHOUT_SCHEME.sub(_userinfo, text)
    return _REDIS.sub(_redis, text) if "AUTH" in text or "requirepass" in text or "masterauth" in text else text


def _without_listed(match: re.Match[str], names: Names) -> str:
    """A list of arguments as Python shows it, in the text of CalledProcessError."""
    items = _SHOWN_ITEM.findall(match[0])
    secret, parts = secret_arguments(items, names), cleaned_arguments(items, names)
    if not secret and parts == items:
        return match[0]
    shown = [f"{item[:1]}{MARKER}{item[-1]}" if at in secret else parts[at] for at, item in enumerate(items)]
    return f"[{', '.join(shown)}]"


def cleaned_arguments(arguments: Sequence[Any], names: Names) -> list[Any]:
    """A program's arguments, each without what the command line as a whole tells is secret in it."""
    if not any(isinstance(item, str) and _bare(item)[:1] == "-" for item in arguments[:_MOST_ARGUMENTS]):
        return list(arguments)
    plain = [
        _bare(item).translate(_HELD) if isinstance(item, str) and len(item) < _LONGEST_ARGUMENT else ""
        for item in arguments[:_MOST_ARGUMENTS]
    ]
    line = _APART.join(part.replace(_APART, "") for part in plain)
    cleaned = without_arguments(line, names).split(_APART)
    if len(cleaned) != len(plain):
        return list(arguments)
    known = [
        item if after == before or not isinstance(item, str) else item.replace(_bare(item), after.translate(_LET_GO))
        for item, before, after in zip(arguments, plain, cleaned, strict=False)
    ]
    return [*known, *arguments[_MOST_ARGUMENTS:]]


def secret_arguments(arguments: Sequence[object], names: Names) -> set[int]:
    """Which of a program's arguments are secret: what follows an option that says so, or one its program knows."""
    found = set()
    plain = [_bare(item) if isinstance(item, str) else "" for item in arguments]
    program = plain[0].rpartition("/")[2] if plain else ""
    for position in range(1, len(plain)):
        option, value = plain[position - 1], plain[position]
        if not option.startswith("-") or not value or "=" in option:
            continue
        is_value = not value.startswith("-") or looks_random(value)
        if len(option) > 2:
            if names.judge(option.lstrip("-")) > Verdict.ADDRESS and is_value and not PLACEHOLDER.fullmatch(value):
                found.add(position)
        elif is_value and any(
            option == flag
            and re.match(rf"(?:{programs})(?![\w-])", " ".join([program, *plain[1 : min(position - 1, 8)]]))
            for programs, flag, _joined, apart in _PROGRAMS
            if apart
        ):
            found.add(position)
    return found


def _bare(argument: str) -> str:
    """An argument without the quotes and the b of its repr."""
    inner = argument[1:] if argument[:2] in {"b'", 'b"'} else argument
    return inner[1:-1] if len(inner) > 1 and inner[0] in "'\"" and inner[0] == inner[-1] else argument


def _option(match: re.Match[str], names: Names) -> str:
    value = match["value"]
    if names.judge(match["name"]) <= Verdict.ADDRESS or PLACEHOLDER.fullmatch(value.strip("'\"")):
        return match[0]
    if value[0] in "'\"" or match["way"].endswith("="):
        return _cut(match)
    if value.startswith("-") or value.lower().strip(".,:)") in ORDINARY_WORDS or _METAVARIABLE.fullmatch(value):
        return match[0]
    ends = re.compile(r"\s*(?:$|[\r\n;|&]|-)").match(match.string, match.end())
    return _cut(match) if (looks_random(value) and value[0].isalnum()) or ends else match[0]


def _cut(match: re.Match[str]) -> str:
    value = match["value"]
    if MARKER[:-1] in value or PLACEHOLDER.fullmatch(value.strip("'\"")):
        return match[0]
    quote = value[0] if value[0] in "'\"" and value[-1] == value[0] else ""
    start, end = match.start("value") - match.start(), match.end("value") - match.start()
    return f"{match[0][:start]}{quote}{MARKER}{quote}{match[0][end:]}"


def _redis(match: re.Match[str]) -> str:
    words = match["value"].split()
    if "AUTH" in match["way"] and (len(words) > 2 or (len(words) == 1 and words[0].isupper()) or words[0][0] == "<"):
        return (
            match[0]
            if not any(looks_random(word.strip("'\".,")) for word in words[:2]) or "<" in words[0]
            else _cut(match)
        )
    return match[0] if all(word.lower().strip("'\".,") in ORDINARY_WORDS for word in words[:2]) else _cut(match)


def _userinfo(match: re.Match[str]) -> str:
    if _LABELS.fullmatch(match["way"]) or not re.search(r"[\d!#$%^&*+]", match["value"]):
        return match[0]
    return _cut(match)
