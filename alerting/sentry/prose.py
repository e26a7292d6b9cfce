"""Names and values inside a text: `key=value`, `"key": "value"`, query strings, headers, options of a command line.

One expression finds what may be a name with a separator; whether the name announces a secret is judged as it is for a
dictionary's key. Only then is the value's end looked for, by a scanner that knows quotes, brackets and escapes.
"""

import re
from urllib.parse import unquote_plus

from alerting.sentry.keys import Names, Verdict, words_of
from alerting.sentry.patterns import MARKER, looks_random

_NAME = re.compile(
    r"(?<![\w%])(?P<name>-{0,2}[^\W\d][\w.\-\[\]%$:]{0,80}?"
    r"(?:[ ](?:key|code|number|answer|phrase|id|addr(?:ess)?|for))?)"
    r"(?P<close>\]?\\{0,6}[\"'`]?\]?)"
    r"(?P<sep>\s{0,6}(?:=>|->|:=|==|!=|<>|=|:(?![:/]/?[/:])|%3[dD]|\)=\()\s{0,6}|(?<=[\"'`])\s?,\s{0,4}(?=[bu]?\\{0,6}[\"'`]))",
    re.IGNORECASE,
)
_OPENING = re.compile(r"[bBuUrRfF]{0,2}(\\{0,6}[\"'`])")
_CALL = re.compile(r"[A-Z][\w.]{1,60}\((?=b?['\"])")
_SHOWN = re.compile(r"<(?P<value>(?=[^<>\s]*\d)[^<>\s]{4,200})>")
_RUN = re.compile(r"[^\s\"'<>]{1,4096}")
_CUT = re.compile(r"[,;&|](?=\s|$|[\w.%\[\]\- ]{1,60}[=:])|\\[rnt]|%26")
_LINE = re.compile(r"[^\r\n\"']{1,8192}?(?=\\[rn]|[\r\n\"']|$)")
_CREDENTIALS = re.compile(r"(?:[A-Za-z][\w-]{2,20}\s{1,3})?[^\s,;\"'<>)}\]]{1,4096}")
_WHOLE_LINE_SCHEMES = ("digest", "aws4", "oauth ", "hawk", "signature")
_PLACEHOLDER = re.compile(
    r"%(?:\(\w*\))?[-#0 +]*\d*\.?\d*[sdrifax]|\{[\w.!:\[\]]*\}|\$\{\w*\}|\$\d+|\?|:[a-z_]\w*|@\w+|<[\w .]*>"
    r"|[*•xX.…]{3,}|\[\w*\]"
    r"|(?i:none|null|nil|true|false|undefined|nan|yes|no|on|off|n/a)"
)
# What follows a colon in speech about secrets.
_SPOKEN = frozenset(
    """
    a already an and any are array as bad basic bearer been blank bool boolean but bytes can cannot changed
    check could default deleted denied deprecated detected did digest disabled does empty enabled error
    exceeded expected expired failed failure for found from has hidden in incorrect int integer invalid is it
    jwt kerberos key ldap length list malformed masked mismatch missing must needs never new no not null
    number oauth oauth2 object of ok old on only or please provided reason redacted rejected required reset
    revoked saml set should str string supplied that the this to token too true type unable unauthorized
    undefined unexpected unknown unset unsupported updated use used using valid value was were when while
    with without wrong you your
    """.split()
)
_SPOKEN_OF = re.compile(
    r"(?<![\w/.])(?<!\w-)(?P<name>password|passwd|passphrase|passcode|pwd|secret|token|api[ _-]?key|pin|otp|"
    r"(?:security|verification|one[- ]time|confirmation|login|access|recovery) (?:code|password|key|token))"
    r"(?P<gap>\s{1,3}(?:(?:is|was|of|to|are|becomes|set to|changed to|now)\s{1,3})?(?:now\s{1,3})?)"
    r"(?:(?P<quote>\\{0,4}[\"'`])(?P<quoted>(?=[^\w\"'`]{0,8}\w[^\w\"'`]{0,4}\w)[^\"'`\s\\]{1,256})(?P=quote)"
    r"|(?P<bare>[^\s\"'`,;]{3,512}))",
    re.IGNORECASE,
)
_NOT_SPOKEN = re.compile(
    r"(?i)sha\d*|md\d|bcrypt|argon\d?\w*|pbkdf\d\w*|base\d+|utf\d*|rfc\d+|v\d[\d.]*|h\d|oauth\d?|#?\d{1,3}"
    r"|\w+\(\d+(?:,\d+)?\),?"
)
_USER = re.compile(
    r"(?P<flag>(?:^|\s)(?:-u|--user|--proxy-user)[ =]['\"]?[^\s:'\"]{1,100}:)(?P<password>[^\s'\"]{1,200})"
)
_SHELL = re.compile(
    r"(?P<way>\bsshpass\s+-p\s{0,2}|\bmysql\w{0,10}\b[^\r\n;|]{0,200}?\s-p|\b\w{1,40}/(?=[^\s/@]+@//))"
    r"(?P<value>[^\s@;|'\"]{2,200})"
)
_INPUT = re.compile(
    r"(?m)^(?P<name>[\w.\[\]-]{1,120})\n[^\n]{0,400}?input_value="
    r"(?P<value>(?P<quote>['\"]).*?(?P=quote)(?=, input_type)|[^,\]\n]{1,400})"
)
_TOLD = re.compile(r"(?<![\w.-])\d{4,8}(?P<behind> is your\b)")
_REDIS = re.compile(
    r"(?P<verb>^\W{0,3}AUTH\s|\bHELLO \d AUTH \S{1,80}\s|\b(?:requirepass|masterauth)\s)(?P<rest>[^\r\n]{1,300})"
)
_POSITIONS = re.compile(r"Key \((?P<names>[^()]{1,300})\)=\((?P<values>[^()]{1,2000})\)")


def without_named(text: str, names: Names) -> str:
    """The text without the values of secret names."""
    kept: list[str] = []
    done = 0
    for match in _NAME.finditer(text):
        if match.start() < done:
            continue
        start, end = _value(text, match, names)
        if end <= start or start < done:
            continue
        kept += (text[done:start], MARKER)
        done = end
    return "".join((*kept, text[done:])) if kept else text


def _value(text: str, match: re.Match[str], names: Names) -> tuple[int, int]:
    """Where the value to replace begins and ends; nothing where the name is harmless or the value none."""
    nothing = (0, 0)
    name = match["name"]
    verdict = names.judge(unquote_plus(name) if "%" in name else name)
    if verdict <= Verdict.ADDRESS:
        return nothing
    start, separator = match.end(), match["sep"].strip()
    if separator == "," and not _is_pair(text, match):
        return nothing
    call = _CALL.match(text, start)
    if call:
        return _inside_brackets(text, call.end() - 1, Verdict.SECRET)
    shown = _SHOWN.match(text, start)
    if shown:
        return shown.span("value")
    opening = _OPENING.match(text, start)
    if opening:
        begin, end = opening.end(), closing_quote(text, opening.end(), opening[1])
        return (begin, end) if _counts(text[begin:end], verdict) else nothing
    if text[start : start + 1] in {"{", "[", "("} and separator not in {")=("}:
        return _inside_brackets(text, start, verdict)
    words = words_of(name)
    if "authorization" in words or "authorisation" in words:
        return _credentials(text, start)
    if words and words[-1] in {"cookie", "cookies"} and (line := _LINE.match(text, start)) and "=" in line[0]:
        return line.span()
    run = _RUN.match(text, start)
    if not run:
        return nothing
    value = run[0]
    if separator == ")=(":
        value = value.partition(")")[0]
    cut = _CUT.search(value)
    value = value[: cut.start()] if cut else value
    value = value.rstrip(",.;:)}]|") if not value.startswith(("[", "{", "$", "%")) else value
    end = start + len(value)
    if not _counts(value, verdict) or (separator == "=" and _is_column(value, names)):
        return nothing
    if separator == ":" and not _named_by_colon(text, match, value, end, verdict):
        return nothing
    if {"passphrase", "mnemonic", "phrase"} & set(words) and (line := _LINE.match(text, start)):
        return line.span()
    return start, end


def _is_column(value: str, names: Names) -> bool:
    """Whether SQL compares with another column: a.token = b.token."""
    return bool(re.fullmatch(r"[a-z_]+(?:\.[a-z_]+)+", value)) and names.judge(value) > Verdict.ADDRESS


def _is_pair(text: str, match: re.Match[str]) -> bool:
    """Whether a quoted name before a comma stands first in a pair: ('Authorization', 'Bearer …')."""
    if match["name"].startswith("--"):
        return True
    before = text[max(0, match.start() - 8) : match.start()]
    return bool(re.search(r"(?:\(|\[\s?\[|\],\s?\[)\s?[bu]?\\{0,6}[\"'`]$", before))


def _counts(value: str, verdict: Verdict) -> bool:
    """Whether a value under a secret name is one: no placeholder, no marker, for tokens no mere count."""
    if (
        not value
        or value.startswith((MARKER[:-1], "function ", "[REDACTED", "[redacted"))
        or _PLACEHOLDER.fullmatch(value)
    ):
        return False
    return not (verdict is Verdict.TOKEN and re.fullmatch(r"\d{1,6}", value))


def _named_by_colon(text: str, match: re.Match[str], value: str, end: int, verdict: Verdict) -> bool:
    """Whether `name: value` is data. In speech an ordinary word follows a colon, and more words follow that."""
    if match["close"].strip("\\])"):
        return True
    word = value.lower().strip(".!?")
    if word in _SPOKEN:
        return False
    if not match["sep"].endswith((" ", "\t")):
        if re.search(r"\w:$", text[max(0, match.start() - 2) : match.start()]) and not re.search(r"\d", value):
            return False
        strong = verdict >= Verdict.SECRET
        return (strong and len(value) >= 3) or bool(
            re.search(r"\d", value) and re.search(r"[A-Za-z_-]", value) and len(value) >= 8
        )
    if re.search(r"\d|[a-z][A-Z]|[!@#$%^&*_+=~-]", value):
        return True
    return bool(re.match(r"\s*(?:$|[\r\n,;|)\]}&]|\\[rn]|\w{1,40}[:=])", text[end:]))


def _credentials(text: str, start: int) -> tuple[int, int]:
    """An authorization header's value: a scheme with its credential, or the whole line where the scheme has many."""
    if text[start : start + 12].lower().startswith(_WHOLE_LINE_SCHEMES):
        line = re.compile(r"[^\r\n]{1,4096}").match(text, start)
        return line.span() if line else (0, 0)
    found = _CREDENTIALS.match(text, start)
    if (
        not found
        or found[0].startswith(MARKER[:-1])
        or found[0].split()[0].lower() in _SPOKEN - {"basic", "bearer", "digest"}
    ):
        return 0, 0
    last = found[0].split()[-1]
    if MARKER[:-1] in last or _PLACEHOLDER.fullmatch(last) or (" " in found[0] and last.lower() in _SPOKEN):
        return 0, 0
    return found.span()


def closing_quote(text: str, start: int, delimiter: str) -> int:
    """Where the quoted text that begins at `start` ends; the whole rest where it was cut short."""
    depth = len(delimiter) - 1
    at = start
    while (at := text.find(delimiter, at)) >= 0:
        slashes = 0
        while at - slashes > start and text[at - slashes - 1] == "\\":
            slashes += 1
        # A quote inside has one backslash more than the quotes around, or two for every two of them.
        if slashes <= depth and (depth or slashes % 2 == 0):
            if delimiter != "'" or at == start or text[at + 1 : at + 2] != "'":
                return at
            at += 1  # SQL doubles a quote inside
        at += len(delimiter)
    return len(text)


def _inside_brackets(text: str, start: int, verdict: Verdict) -> tuple[int, int]:
    """What a bracket holds under a name whose every part is secret; other brackets are judged name by name."""
    if _PLACEHOLDER.match(text, start) or text.startswith(MARKER[:-1], start):
        return 0, 0
    if verdict < Verdict.SECRET and text[start] == "{":
        return 0, 0
    depth = 0
    for position in range(start, min(len(text), start + 8192)):
        depth += (text[position] in "{[(") - (text[position] in "}])")
        if depth == 0:
            return (start + 1, position) if text[start + 1 : position].strip() not in {"", MARKER} else (0, 0)
    return start + 1, len(text)


def without_spoken(text: str) -> str:
    """The text without secrets that are told in speech: the password is hunter2, code 482913, -u user:password."""

    def cut(match: re.Match[str]) -> str:
        value = match["quoted"] or match["bare"]
        quote = match["quote"] or ""
        told = match["gap"].strip() != ""
        mixed = re.search(r"\d", value) and re.search(r"[^\W\d]", value) and len(value) >= 6
        code = re.fullmatch(r"\d{4,8}\.?", value) and re.search(r"(?i)pin|otp|code", match["name"])
        strong = mixed or code or (told and (re.search(r"\d|[!@#$%^&*]", value)))
        if (
            MARKER[:-1] in value
            or _PLACEHOLDER.fullmatch(value)
            or _NOT_SPOKEN.fullmatch(value)
            or value.lower() in _SPOKEN
        ):
            return match[0]
        if "=" in value or ":" in value or not (strong or (quote and (told or looks_random(value)))):
            return match[0]
        tail = "." if value.endswith(".") and not quote else ""
        return f"{match['name']}{match['gap']}{quote}{MARKER}{quote}{tail}"

    text = _SPOKEN_OF.sub(cut, text)
    text = _TOLD.sub(lambda match: f"{MARKER}{match['behind']}", text)
    text = _SHELL.sub(lambda match: match[0] if MARKER in match[0] else f"{match['way']}{MARKER}", text)
    text = _USER.sub(lambda match: match[0] if MARKER in match[0] else f"{match['flag']}{MARKER}", text)
    if "AUTH" in text or "requirepass" in text or "masterauth" in text:
        text = _REDIS.sub(lambda match: match[0] if MARKER in match[0] else f"{match['verb']}{MARKER}", text)
    return text


def without_inputs(text: str, names: Names) -> str:
    """The text of pydantic's errors, whose rejected inputs stand a line below their field, without secret ones."""

    def cut(match: re.Match[str]) -> str:
        if names.judge(match["name"]) <= Verdict.ADDRESS:
            return match[0]
        quote = match["quote"] or ""
        return f"{match[0][: match.start('value') - match.start()]}{quote}{MARKER}{quote}"

    return _INPUT.sub(cut, text)


def without_positions(text: str, names: Names) -> str:
    """PostgreSQL's `Key (tenant, api_key)=(1, abc)`, matched by position."""

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

    return _POSITIONS.sub(cut, text)
