"""Names and values inside a text: `key=value`, `"key": "value"`, query strings, headers, options, objects as shown.

One expression finds what may be a name with a separator, each character of it once. Whether the name announces a
secret is judged as it is for a dictionary's key; only then is the value's end looked for.
"""

import re

from alerting.sentry.scrub import ends
from alerting.sentry.scrub.names import Names, words_of
from alerting.sentry.scrub.rules.secrecy import Secrecy
from alerting.sentry.scrub.rules.words import ORDINARY
from alerting.sentry.scrub.values import holds_nothing, is_complaint, is_secret_value, looks_random
from alerting.sentry.scrub.work import Cut, Work

Span = tuple[int, int]
_NONE = (0, 0)

_PAIR = re.compile(
    r"(?<![\w.\-\[\]])(?P<name>(?=[\d.\-\[\]]*+\w)[\w.\-\[\]]++)(?P<close>\\{0,15}[\"'`]?[\])]?)"
    r"(?P<sep>\s{0,6}(?:(?P<op>[-+*/|&?!:]{0,2}={1,3}>?|[-=]>|(?<=-)>|:(?!:|//)|[＝：])\s{0,6}"
    r"(?:[|>][+-]?[ \t]{0,8}\r?\n[ \t]{1,20})?))"
)
_OPENING = re.compile(r"(?:[bBuUrRfFnNeExX]{0,2}(?=\\{0,15}[\"']))?(\\{0,15}[\"'`])")
_CALL = re.compile(r"(?P<call>[A-Za-z_][\w.]{0,80})[\[(]\s?(?:\w{1,30}=)?[bur]?(?P<quote>\\{0,15}[\"'])")
_CLOSERS = {"{": "}", "[": "]", "(": ")", "<": ">", '"': '"', "'": "'", "`": "`"}
_QUOTED = re.compile(r"[\"']([^\"']{1,400})[\"']")
_FIELD = re.compile(r"(?:\s*(?:$|[\r\n,;|)\]}&\"']|\w{1,40}[:=]))")
_HOLE_HERE = re.compile(
    r"\$?\{\{[^{}]{0,200}\}\}|\$\{[^{}]{1,80}\}|\$[A-Za-z_]\w*[),]|<%[^%]{0,80}%>"
    r"|<[A-Za-z_][\w-]*+(?: [\w-]++){1,6}>|</|<(?:class|function|module) [^<>]{1,200}>|\$\([^()]{1,80}\)"
)
_FAILED = frozenset({"invalid", "bad", "missing", "wrong"})
_PORT = re.compile(r"\d{2,5}(?:[/?#].*)?")


class Pairs:
    """Finds the values of secret names."""

    def __init__(self, names: Names) -> None:
        self._names = names

    def find(self, text: str, work: Work) -> list[Cut]:
        """Where the values stand."""
        cuts = []
        done = 0
        for match in _PAIR.finditer(text):
            name = match["name"]
            secrecy = self._names.judge(name)
            if secrecy <= Secrecy.ADDRESS or match.start() < done:
                continue
            start, end = self._value(text, match, name, secrecy)
            if end > start >= done:
                cuts.append((start, end, "named"))
                done = end
                work.spend(400)
            else:
                work.spend(500)
        return cuts

    def _value(self, text: str, match: re.Match[str], name: str, secrecy: Secrecy) -> Span:
        """Where the value to replace begins and ends; nothing where there is none."""
        at, op = match.end(), match["op"]
        if at >= len(text) or (op == "=" and "\n" in match["sep"]):
            return _NONE
        sign = text[at]
        told = op in {":", "："}
        generated = secrecy >= Secrecy.STRONG and sign in _CLOSERS and ends.is_generated(text, at)
        opening = None if generated else _OPENING.match(text, at)
        if opening:
            return self._quoted(text, match, opening, secrecy)
        words = words_of(name)
        if generated:
            return at, ends.run(text, at, match.start(), strong=True)
        if _HOLE_HERE.match(text, at):
            return _NONE
        if sign in "{[(":
            rows = sign == "(" and match["close"].endswith(")")  # SQL: (name, password) = ('ada', '…')
            failed = sign == "{" and not _FAILED.isdisjoint(words)
            return _NONE if rows or failed else self._inside(text, at, secrecy)
        if call := _CALL.match(text, at):
            return self._argument(text, call)
        end = ends.run(text, at, match.start(), strong=secrecy >= Secrecy.STRONG)
        value = text[at:end]
        if told and value[-1:] == ":" and "\n" in match["sep"]:
            return _NONE
        structural = self._is_structural(text, match, end)
        if not is_secret_value(value, secrecy, name, structural=structural):
            return _NONE
        if not self._is_told(text, match, value, end, secrecy) if told else self._is_code(match, value):
            return _NONE
        return at, end

    def _is_structural(self, text: str, match: re.Match[str], end: int) -> bool:
        """Whether the name is a parameter of a query or a form, a quoted key, a cookie."""
        if match["close"]:
            return True
        before = text[match.start() - 1 : match.start()]
        is_variable = match["name"].isupper() and "_" in match["name"]  # of the environment
        return match["sep"] == "=" and (is_variable or before in {"?", "&", "#", ";"} or text[end : end + 1] == "&")

    def _is_code(self, match: re.Match[str], value: str) -> bool:
        """Whether a program's text assigns a variable of the same name, or compares with one."""
        last = match["name"].rpartition(".")[2]
        if match["op"] in {"==", "!=", "===", "!=="}:
            return value[0].islower() and value.rstrip(":").replace("_", "").replace(".", "").isalpha()
        dotted = "." in value and value.islower() and value.replace("_", "").replace(".", "").isalpha()
        return (value == last and " " in match["sep"]) or (dotted and self._names.are_secret(value))

    def _is_told(self, text: str, match: re.Match[str], value: str, end: int, secrecy: Secrecy) -> bool:
        """Whether `name: value` is data. In speech an ordinary word follows a colon, and more words follow that."""
        word = value.lower().strip(".!?")
        if word in ORDINARY and not match["close"]:
            return False
        if match["close"].strip("\\])"):
            return True
        strong = secrecy >= Secrecy.STRONG
        before = text[match.start() - 1 : match.start()]
        if not match["sep"].endswith((" ", "\t", "\n")):
            if before == ":" and not any(map(str.isdigit, value)):
                return False  # a part of an address: arn:aws:secretsmanager:eu:secret:name
            if _PORT.fullmatch(value) and (text[: match.start()].endswith("//") or "." in match["name"]):
                return False
            return len(value) >= 3 if strong else looks_random(value) and "(" not in value
        if value.isdigit() and len(value) < 3 and text[end : end + 2].strip().isalpha():
            return False  # pin: 4 digits
        return not value.isalpha() or _FIELD.match(text, end) is not None

    def _quoted(self, text: str, match: re.Match[str], opening: re.Match[str], secrecy: Secrecy) -> Span:
        quote = opening[1]
        start = opening.end()
        behind = text[start : start + 1]
        if not match["close"] and (not behind or behind in " ,;:.)]}>\t\r\n"):
            before = text[max(0, match.start() - 400) : match.start()]
            if before.count(quote) % 2:
                return _NONE  # the quote ends what the name stands in: 'Cookie:'
        end = ends.closing_quote(text, start, quote)
        if secrecy >= Secrecy.STRONG and len(quote) == 1:
            end = ends.last_quote(text, start, end, quote)
        value = text[start:end]
        structural = bool(match["close"])
        if secrecy < Secrecy.STRONG and not structural and match["op"] == ":" and " " in value:
            return _NONE
        secret = is_secret_value(value, secrecy, match["name"], quoted=True, structural=structural)
        return (start, end) if secret else _NONE

    def _inside(self, text: str, at: int, secrecy: Secrecy) -> Span:
        """What a bracket holds under a secret name; complaints and descriptions of the secret stay."""
        if secrecy < Secrecy.STRONG and text[at] == "{":
            return _NONE
        end = ends.bracket(text, at)
        if end < 0:
            return at + 1, len(text)
        inside = text[at + 1 : end]
        if holds_nothing(text[at : end + 1]) or holds_nothing(inside.strip("'\" ")):
            return _NONE
        told = _QUOTED.findall(inside)
        if any(map(is_complaint, told)) and all(is_complaint(one) or one.replace("_", "").isalpha() for one in told):
            return _NONE
        listed = text[at] == "[" and secrecy >= Secrecy.STRONG
        return (at + 1, end) if told or listed else _NONE

    def _argument(self, text: str, call: re.Match[str]) -> Span:
        """The text a call wraps: SecretStr('…'), PASSWORD('…'); a look-up by a name stays: os.environ['API_KEY']."""
        start = call.end()
        end = ends.closing_quote(text, start, call["quote"])
        value = text[start:end]
        plain = value.strip()
        if not any(map(str.isalnum, plain)):
            return _NONE
        looked_up = call["call"][0].islower() and not looks_random(plain)
        return _NONE if looked_up else (start, end)
