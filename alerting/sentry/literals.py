"""Secrets in SQL: values inserted into, compared with or assigned to secret columns, and parameters beside them."""

import re

from alerting.sentry.keys import Names
from alerting.sentry.patterns import MARKER
from alerting.sentry.verdict import Verdict

_STATEMENT = re.compile(
    r"\b(?:insert|replace|update|select|delete|create|alter|set|declare|merge|values|grant|pragma|where)\b",
    re.IGNORECASE,
)
_INSERT = re.compile(
    r"(?:\b(?:insert|replace)\b.{0,40}?\binto\s+[\w.\"`\[\]]{1,120}|\b(?:set|where|and|or))\s*\((?P<names>[^()]{1,2000})\)\s*"
    r"(?:overriding \w+ value\s*)?"
    r"(?:values\s*|(?=select\s)|=\s*(?:row\s*)?(?=\()|in\s*\((?=\())",
    re.IGNORECASE | re.DOTALL,
)
_LONGEST_SELECTED = 1000
_SELECTED = re.compile(r"\s*(?P<value>'(?:[^'\\]|''|\\.)*'|[^,()'\s]+(?:\([^()]*\))?)\s*(?P<end>,|)")
_SELECT = re.compile(r"select\s+(?:distinct\s+)?", re.IGNORECASE)
_LITERAL = re.compile(
    r"\s*(?P<value>[NnEeXxBb]?'(?:[^'\\]|''|\\.)*(?:'|$)|[^,()']*(?:\([^()]*\)[^,()']*)*)\s*(?P<end>[,)]|$)", re.DOTALL
)
_GRANTED = re.compile(
    r"\b(?P<way>identified\s+(?:with\s+\S{1,60}\s+)?(?:by|as)(?:\s+password)?\s|password\s|pragma\s+(?:re)?key\s{0,3}=|set\s+password\s+for\s+\S{1,100}\s{0,3}=)(?P<gap>\s{0,9})"
    r"(?P<value>'(?:[^'\\]|''|\\.){1,500}(?:'|$))",
    re.IGNORECASE,
)
_COMPARED = re.compile(
    r"(?P<name>[\w.\"`\[\]]{1,120})\s{0,4}(?P<op>\b(?:not\s+)?i?like\b|\bin\b|<>|!=|=\s*any\b)\s{0,4}"
    r"(?P<value>'(?:[^']|''){1,500}'|"
    r"\((?:\s*'(?:[^']|''){0,500}'\s*,?){1,100}\))",
    re.IGNORECASE,
)
_CALLED_SO = re.compile(
    r"(?P<value>'(?:[^']|''){1,500}')(?:::\w{1,40})?\s{1,4}as\s{1,4}(?P<name>[\w\"`]{1,80})", re.IGNORECASE
)
_SET_TO = re.compile(
    r"\bset\s+(?:(?:session|local|global)\s+)?(?P<name>[\w.\"]{1,120})\s+to\s+(?P<value>'(?:[^']|''){1,500}')",
    re.IGNORECASE,
)
# lower(token) = …, d->>'$.password' = …, DECLARE @pw nvarchar(50) = …, password = CASE … END
_APPLIED = re.compile(
    r"\(\s{0,3}(?:[\w.\"`]{1,80}\s{0,3},\s{0,3})?'?\$?\.?(?P<name>[\w.\"`]{1,120})'?(?:\s{0,3},\s{0,3}'[^']{0,80}')?\s{0,3}\)\s{0,3}"
    r"(?:=|<>|!=|\blike\b)\s{0,3}(?P<value>(?:[A-Za-z_]\w{0,60}\s?\(\s?)?'(?:[^']|''){1,500}')",
    re.IGNORECASE,
)
_DECLARED = re.compile(
    r"@(?P<name>\w{1,120})\s+\w{1,40}(?:\s?\(\w{1,10}\))?\s{0,3}=\s{0,3}(?P<value>N?'(?:[^']|''){1,500}')",
    re.IGNORECASE,
)
_CHOSEN = re.compile(
    r"(?P<name>[\w.\"`\[\]]{1,120})\s{0,3}=\s{0,3}(?P<value>case\s.{1,2000}?\bend\b)", re.IGNORECASE | re.DOTALL
)
_IDENTIFIED = re.compile(
    r"(?P<way>\b(?:create|alter|grant)\s.{1,400}?\bidentified\s+by\s+)(?!password\b|values\b|')(?P<value>\"[^\"]{1,200}\""
    r"|(\\{1,7}\")[^\"\\]{1,200}\\{1,7}\"|[^\s'\";\\]{3,200})",
    re.IGNORECASE,
)
_ENCRYPTED = re.compile(
    r"\b(?P<way>crypt|hmac|digest|pgp_sym_\w{2,8}crypt|aes_\w{2}crypt|md5|sha\d+|password)(?P<gap>\s{0,9}\()(?P<rest>[^()]{1,2000})",
    re.IGNORECASE,
)
_DUPLICATE = re.compile(
    r"(?P<way>Duplicate entry (?P<quote>\\{0,7}'))(?P<value>[^'\r\n\\]{1,1000})"
    r"(?=(?P=quote) for key (?P=quote)(?P<name>[\w.]{1,200}))"
)
_POSITIONS = re.compile(r"Key \((?P<names>[^()]{1,300})\)=\((?P<values>[^()]{1,2000})\)")
_CALLED = re.compile(
    r"(?<![\w.])(?P<name>[\w.\"`\[\]]{1,120})\s{0,4}(?:=|<>|!=)\s{0,4}(?P<call>[A-Za-z_]\w{0,60}\s?\((?:[^()']|'(?:[^'\\]|''|\\.){0,500}'){0,200}\))"
)
_PARAMETERS = re.compile(r"\[parameters: (?P<values>[(\[{].{1,8192}?[)\]}])\](?=[\s\"'`.,;:)}<>]|$)", re.DOTALL)
_HOLDER = re.compile(r"(?P<name>[\w.\"`]{1,120})?\s{0,4}(?P<op>=|<>|!=|\bi?like\b)?\s{0,4}(?P<holder>\?|%s|\$\d{1,3})")
_ROW = re.compile(r"\((?:[^()'\"]|'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"){1,4000}\)")
_PARAMETER = re.compile(
    r"\s*(?P<value>[bNE]?'(?:[^'\\]|\\.)*'|[bNE]?\"(?:[^\"\\]|\\.)*\"|[^,()\[\]]+(?:\([^()]*\))?)\s*(?:,|$)"
)


def without_literals(text: str, names: Names) -> str:
    """The text with an SQL statement's values for secret columns replaced: inserted, compared, granted, encrypted."""
    if not _STATEMENT.search(text):
        return text
    text = _inserted(text, names)
    text = _GRANTED.sub(lambda match: f"{match['way']}{match['gap']}'{MARKER}'", text)

    def called(match: re.Match[str]) -> str:
        return _hidden_literals(match[0]) if names.judge(match["name"]) > Verdict.ADDRESS else match[0]

    text = _CALLED.sub(called, text)

    def compared(match: re.Match[str]) -> str:
        if names.judge(match["name"]) <= Verdict.ADDRESS:
            return match[0]
        hidden = re.sub(r"'(?:[^']|'')+'", f"'{MARKER}'", match["value"])
        start, end = match.start("value") - match.start(), match.end("value") - match.start()
        return match[0][:start] + hidden + match[0][end:]

    text = _COMPARED.sub(compared, text)
    for pattern in (_CALLED_SO, _APPLIED, _DECLARED):
        text = pattern.sub(compared, text)
    if "case" in text or "CASE" in text:
        text = _CHOSEN.sub(compared, text)
    if "dentified" in text or "DENTIFIED" in text:
        text = _IDENTIFIED.sub(lambda match: match[0] if "%(" in match["value"] else f"{match['way']}{MARKER}", text)
    text = _SET_TO.sub(compared, text)
    text = _ENCRYPTED.sub(lambda match: f"{match['way']}{match['gap']}{_hidden_literals(match['rest'])}", text)
    if "\\'" in text:  # a statement shown inside something shown
        plain = text.replace("\\'", "'").replace('\\"', '"')
        cleaned = without_literals(plain, names)
        return text if cleaned == plain else cleaned
    return text


def _hidden_literals(text: str) -> str:
    return re.sub(r"'(?:[^']|'')+'", f"'{MARKER}'", text)


def _inserted(text: str, names: Names) -> str:
    done = 0
    kept: list[str] = []
    for insert in _INSERT.finditer(text):
        secret = [names.judge(name.strip()) > Verdict.ADDRESS for name in insert["names"].split(",")]
        if insert.start() < done or not any(secret):
            continue
        at = insert.end()
        selected = _SELECT.match(text, at)
        least = "'" if selected else ""
        while selected or text[at : at + 1] == "(":
            end = min(len(text), at + _LONGEST_SELECTED) if selected else len(text)
            at, column, selected = selected.end() if selected else at + 1, 0, None
            literal = _SELECTED if least else _LITERAL
            while found := literal.match(text, at, end):
                value = found["value"].strip()
                if column < len(secret) and secret[column] and _is_literal(value) and least in value:
                    kept += (text[done : found.start("value")], f"'{MARKER}'" if "'" in value else MARKER)
                    done = found.start("value") + len(found["value"].rstrip())
                at, column = found.end(), column + 1
                if found["end"] != "," or at >= len(text):
                    break
            more = re.compile(r"\s*,\s*(?=\()").match(text, at)
            at = more.end() if more else at
            if not more:
                break
    return "".join((*kept, text[done:])) if kept else text


def _is_literal(value: str) -> bool:
    return bool(value) and not re.fullmatch(
        r"(?i)%s|%\(\w+\)s|\?|\$\d+|:\w+|null|default|true|false|now\(\)|'?\[filtered\]'?|''|…|\.\.\.", value
    )


def _without_entry(match: re.Match[str], names: Names) -> str:
    if names.judge(match["name"]) <= Verdict.ADDRESS:
        return match[0]
    return f"{match['way']}{MARKER}"


def without_positions(text: str, names: Names) -> str:
    """PostgreSQL's `Key (tenant, api_key)=(1, abc)`, matched by position, and MySQL's `Duplicate entry`."""

    def cut(match: re.Match[str]) -> str:
        columns, values = match["names"].split(", "), match["values"].split(", ")
        if len(columns) != len(values):
            secret = any(names.judge(column) > Verdict.ADDRESS for column in columns)
            return f"Key ({match['names']})=({MARKER})" if secret else match[0]
        kept = [
            MARKER if names.judge(column) > Verdict.ADDRESS else value
            for column, value in zip(columns, values, strict=True)
        ]
        return f"Key ({match['names']})=({', '.join(kept)})"

    text = _DUPLICATE.sub(lambda match: _without_entry(match, names), text)
    return _POSITIONS.sub(cut, text)


def without_parameters(text: str, names: Names) -> str:
    """SQLAlchemy's `[SQL: …] [parameters: (…)]`, whose parameters are told by the placeholders' places."""

    def cut(match: re.Match[str]) -> str:
        secret = secret_parameters(text[: match.start()].rpartition("[SQL: ")[2], names)
        return f"[parameters: {without_shown(match['values'], secret)}]" if secret else match[0]

    return _PARAMETERS.sub(cut, text)


def without_shown(values: str, secret: set[int]) -> str:
    """A tuple of parameters as Python shows it, or a list of such, without those at the secret positions."""
    if values[1:2] == "(":
        return values[:1] + _ROW.sub(lambda row: without_shown(row[0], secret), values[1:-1]) + values[-1:]
    shown: list[str] = []
    done = at = 1
    for position in range(max(secret) + 1):
        found = _PARAMETER.match(values, at, len(values) - 1)
        if not found or found.end() == at:
            break
        if position in secret:
            shown += (values[done : found.start("value")], f"'{MARKER}'")
            done = found.end("value")
        at = found.end()
    return f"{values[:1]}{''.join(shown)}{values[done:]}"


def secret_parameters(statement: str, names: Names) -> set[int]:
    """Which of a statement's positional placeholders stand for values of secret columns."""
    insert = _INSERT.search(statement)
    columns = [names.judge(name.strip()) > Verdict.ADDRESS for name in insert["names"].split(",")] if insert else []
    secret = set()
    for position, holder in enumerate(_HOLDER.finditer(statement)):
        inserted = insert is not None and holder.start("holder") >= insert.end() and not holder["op"]
        if holder["holder"].startswith("$"):
            position = int(holder["holder"][1:]) - 1
        if (inserted and position < 1000 and columns[position % len(columns)]) or (
            holder["op"] and holder["name"] and names.judge(holder["name"]) > Verdict.ADDRESS
        ):
            secret.add(position)
    return secret
