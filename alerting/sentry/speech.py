"""Secrets told in words: the password is hunter2, your code is 482913, session 8f3kd02ls9 not found."""

import re

from alerting.sentry.keys import Names, words_of
from alerting.sentry.patterns import MARKER, looks_random
from alerting.sentry.verdict import Verdict

PLACEHOLDER = re.compile(
    r"%(?:\(\w*\))?[-#0 +]*\d*\.?\d*[sdrifax]|\{[\w.!:\[\]]*\}|\$\{\w*\}|\$\d+|\?|:[a-z_]\w*|@\w+|<[\w .]*>"
    r"|[*•xX.…]{3,}|\[\w*\]"
    r"|\(?(?:\?P?<\w{1,40}>)?(?:\\{1,8}[wdsSWD]|\[\^[^\]\s]{1,20}\]|\.)[+*]\??\)?"
    r"|(?:Optional|Union|Annotated|Final|ClassVar|Literal|Type|Callable|[Ll]ist|[Dd]ict|[Tt]uple|[Ss]et)\[.{0,80}"
    r"|(?i:none|null|nil|true|false|undefined|nan|yes|no|on|off|n/a)"
)
# What stands where a secret would, by those who took it out or left a hole for it.
HOLE = re.compile(
    r"\{\{.{0,200}\}\}|\$\{\{.{0,200}\}\}|\$\{\w{1,80}\}"
    r"|\$[A-Z]{1,40}(?:_[A-Z0-9]{1,40}){1,6}|\$(?:PASSWORD|TOKEN|SECRET|PASS)|%\(\w+\)s|%s|\{\w{0,80}\}"
    r"|<[A-Za-z_ .-]{1,80}>|!vault\b.{0,4}"
    r"|[*•]{3,}|x{4,}|X{4,}|\W?(?i:redacted|masked|hidden|removed|filtered|sanitized|scrubbed)\W?"
    r"|\*?\(?(?i:optional|required)\)?\*?"
    r"|(?i:your)[_-][A-Za-z_-]{1,80}",
    re.DOTALL,
)
# Objects as Python shows those that show nothing of themselves.
SHOWS_NOTHING = re.compile(
    r"<(?:(?:function|coroutine object|bound method|class|module|generator object) [\w.'<>]{1,200}"
    r"(?: (?:of|from|at) .{1,200})?"
    r"|[\w.]{1,200}(?: object|\[\])?(?: at 0x[0-9a-fA-F]{1,20})?"
    r"|[\w.]{1,100}: [\w.]{1,100} object \(\d{1,12}\)|[\w.]{1,100}: \{\})>"
    r"|\[\]|\{\}|\(\)"
)
_COMPLAINT = re.compile(r"[A-Z][a-z']*(?:,? [A-Za-z0-9'’()-]{1,40}){2,40}(?:[.!]|\. [A-Z][\w ,'’-]{1,200}[.!])")
_COMPLAINING = re.compile(
    r"\b(?:this|is|are|must|field|be|been|not|may|required|too|at|least|the|your|can't|cannot|contain|contains|valid|invalid|enter|"
    r"please|match|blank|similar|common|numeric|entirely|short|long|has|have|does|do|did)\b",
    re.IGNORECASE,
)
# What follows a colon in speech about secrets.
ORDINARY_WORDS = frozenset(
    """
    a already an and any app-level are argument arguments bytearray callable class dict float header headers iterable
    mapping message option optional options parameter parameters secretbytes secretstr sequence tuple
    are array as bad basic bearer been blank bool boolean but bytes can cannot changed
    check could default deleted denied deprecated detected did digest disabled does empty enabled error
    exceeded expected expired failed failure for found from has hidden in incorrect int integer invalid is it
    jwt kerberos key ldap length list malformed masked mismatch missing must needs never new no not null
    number oauth oauth2 object of ok old on only or please provided reason redacted rejected required reset
    revoked saml set should str string supplied that the this to token too true type unable unauthorized
    undefined unexpected unknown unset unsupported updated use used using valid value was were when while
    with without wrong you your pass return break continue raise yield
    """.split()
)
MECHANISMS = frozenset(
    """
    anonymous basic bearer cert certificate digest hmac jwt kerberos ldap login ntlm oauth oauth2 oidc pam plain saml
    scram-sha-256 session token trust
    """.split()
)
_TOLD_OF = re.compile(
    r"(?<![\w/.])(?<!\w-)(?P<name>password(?!\sreset\s(?:code|token|key))|"
    r"passwd|passphrase|passcode|pwd|secret|token|api[ _-]?key|pin|otp|"
    r"(?:security|verification|one[- ]time|confirmation|login|access|recovery|auth(?:entication|orization)?|2fa|mfa|"
    r"sms|sign[- ]in|activation|backup|reset) (?:code|password|key|token))"
    r"(?P<gap>\s{1,3}(?:(?:for|of)\s(?:(?:user|account|the)\s)?[\w.@+'-]{1,60}?(?:(?=:\s)|\s(?=(?:is|was)\s)))?"
    r"(?:(?:is|was|of|to|are|becomes|set to|changed to|now|provided|given|used|sent)(?=[\s:])\s{0,3})?"
    r"(?:now\s{1,3})?(?::\s{1,3})?)"
    r"(?:(?P<quote>\\{0,4}[\"'`])(?P<quoted>(?=[^\w\"'`]{0,8}\w[^\w\"'`]{0,4}\w)[^\"'`\s\\]{1,256})(?P=quote)"
    r"|(?P<bare>[^\s\"'`,;]{3,512}))",
    re.IGNORECASE,
)
# Expected token '…' but got '…': the other one is no less a secret.
_GOT = re.compile(
    r"(?P<way>\b(?:got|received|found|instead of|not)\s\\{0,4}[\"']?)(?=[^\s\"'\\]{0,60}\d)"
    r"(?=[^\s\"'\\]{0,60}[A-Za-z])[^\s\"'\\]{6,400}",
    re.IGNORECASE,
)
_SIGNATURE = re.compile(
    r"(?P<way>\b(?:signature|hmac)\s[\"']?)(?=[A-Za-z+/=]{0,60}\d)(?=[\d+/=]{0,60}[A-Za-z])[\w+/=-]{24,512}(?!\w|\.\w)",
    re.IGNORECASE,
)
_NOT_SPOKEN = re.compile(
    r"(?i)sha\d*|md\d|bcrypt|argon\d?\w*|pbkdf\d\w*|base\d+|utf\d*|rfc\d+|v\d[\d.]*|h\d|oauth\d?|#?\d{1,3}"
    r"|\w+\(\d+(?:,\d+)?\)[^\w\s]{0,4}"
)
_NUMBERS = re.compile(
    r"(?<![\w/.-])(?P<way>(?:(?:cvv2?|cvc2?|csc)(?: code)?|(?:card )?security code|card code)\W{0,3}"
    r"(?:(?:is|was|of)\s)?(?=\d{3,4}(?![\w-]|\.\d))"
    r"|(?:ssn|social security(?: number)?)\W{0,3}(?:(?:is|was|of|number)\s)?(?=\d{9}(?![\w-]|\.\w))"
    r"|(?:wrong|invalid|incorrect|bad|entered|expired) code (?=\d{6}(?![\w-]|\.\d))"
    r"|(?:2fa|mfa|sms|tan)(?: code)?\W{0,3}(?:(?:is|was)\s)?(?=\d{4,8}(?![\w-]|\.\d))"
    r"|your (?:\w{1,20} ){0,2}code(?: is)?:? (?=\d{4,8}(?![\w-]|\.\d)))\d{3,9}",
    re.IGNORECASE,
)
_CODES = re.compile(
    r"(?<![\w/.-])(?P<way>(?:otp|pin|2fa|mfa|sms|reset|login|sign[- ]in|verification|security|confirmation|activation|"
    r"auth\w{0,14}|backup|recovery|one[- ]time|access) (?:code|password|passcode|pin)(?: is| was)?:? )"
    r"(?:\d{3}[ -]\d{3}|\d{4,8})(?![\w-]|\.\d)",
    re.IGNORECASE,
)
_DIGITS = re.compile(r"\d{3}[ -]?\d")
_PHRASE = re.compile(
    r"(?P<way>\bpassphrase\s{1,3}(?P<quote>[\"']))(?P<value>[^\"'\r\n]{4,200})(?=(?P=quote))", re.IGNORECASE
)
_LOGIN = re.compile(
    r"(?P<way>\b(?:login(?:\s(?:with|using|attempt))?|credentials?|basic auth|user/pass(?:word)?):?\s"
    r"[A-Za-z][\w.@-]{0,60}(?:[:/]|\s/\s(?![a-z]{2,4}-)))"
    r"(?=[^\s,;)]{0,60}\d)(?=[^\s,;)]{0,60}[A-Za-z])[^\s/,;)\"']{5,200}",
    re.IGNORECASE,
)
_IS_YOURS = re.compile(
    r"(?:(?<![\w.-])|(?<=\bG-))\d{4,8}"
    r"(?P<behind> is your\b| as your (?:\w{1,20} ){0,3}(?:code|otp|pin|password|passcode)\b)",
    re.IGNORECASE,
)
# What stands behind a host's colon in a URL that was read wrongly is the password.
_NO_PORT = re.compile(
    r"(?P<way>\bport\b[\w ]{0,50}:? (?:as )?')(?P<value>(?=[^'@]*[^\d'@])[^'@%{][^'@]{0,199})(?=['@])", re.IGNORECASE
)
_BARE = re.compile(
    r"(?<![\w/.-])(?P<name>[A-Za-z][\w-]{2,60})\s[\[(<]?(?P<value>(?=[A-Za-z+/=-]{0,60}\d[A-Za-z+/=-]{0,60}\d)(?=[\d+/=-]{0,60}[A-Za-z])"
    r"[A-Za-z0-9+/=-]{10,400})(?![\w:]|\.\w)"
)
_ENCRYPTING = re.compile(
    r"(?P<way>\b(?:(?:de|en)crypt|sign)\w{0,8}\s(?:\w{1,20}\s)?(?:with|using|by)\skey:?\s[\"']?)(?=[^\s\"']{0,80}\d)[\w+/=.-]{12,512}",
    re.IGNORECASE,
)
# api_key 'k81x…' is not allowed: a name of two words or more, with its value behind it.
_QUOTED = re.compile(
    r"(?<![\w/.-])(?P<name>[A-Za-z]\w{2,60})\s(?P<quote>[\"'`])(?P<value>(?=[^\"'`\s]{0,60}\d)(?=[^\"'`\s]{0,60}[A-Za-z])"
    r"[^\"'`\s]{8,400})(?P=quote)"
)
# Field 'password' with value '…'; argument --token: invalid int value: '…'
_VALUE_OF = re.compile(r"\b(?:value|input|choice)(?:[ ](?:of|is|was)|:)?[ ](?P<quote>[\"'])")
_NAMED_BEFORE = re.compile(
    r"(?:[\"'`]|--?)(?P<quoted>[A-Za-z][\w.-]{1,60})|(?P<joined>[A-Za-z]\w{0,60}_\w{1,60})|(?P<told>\w{2,60})(?=:)"
)
_VALUE_FOR = re.compile(
    r"\b(?:value|input)[ ](?P<quote>[\"'])(?P<value>[^\"'\r\n]{1,400})(?P=quote)[ ](?:for|of|in)[ ]"
    r"(?:(?:the|field|key|parameter|param|setting|option|argument|variable|header)[ ]){0,2}"
    r"[\"'`]?-{0,2}(?P<name>[A-Za-z][\w.-]{1,60})"
)
_CLOSING = ").]}>"
_SESSION = re.compile(
    r"(?<![\w/.-])(?P<way>session(?: id| key)?\s(?:is\s|was\s)?[\"']?)"
    r"(?=[a-z\d]{0,40}(?:\d[a-z]|[a-z]\d[a-z\d]{0,40}\d[a-z]))"
    r"(?P<id>[a-z\d]{8,80})(?![\w-]|\.\w)",
    re.IGNORECASE,
)


def is_complaint(text: str) -> bool:
    """Whether a form answers a whole sentence about a field instead of its value: This field is required."""
    return len(text) < 400 and bool(_COMPLAINT.fullmatch(text)) and len(_COMPLAINING.findall(text)) >= 2


def without_spoken(text: str, names: Names) -> str:
    """The text without the secrets that its words tell."""
    told = _TOLD_OF.sub(_without_told, text)
    text = told if told == text else _GOT.sub(lambda match: f"{match['way']}{MARKER}", told)
    text = _SIGNATURE.sub(lambda match: f"{match['way']}{MARKER}", text)
    text = _NUMBERS.sub(lambda match: f"{match['way']}{MARKER}", text)
    if _DIGITS.search(text):
        text = _CODES.sub(lambda match: f"{match['way']}{MARKER}", text)
    text = _PHRASE.sub(lambda match: f"{match['way']}{MARKER}", text)
    text = _LOGIN.sub(lambda match: match[0] if MARKER in match[0] else f"{match['way']}{MARKER}", text)
    text = _ENCRYPTING.sub(lambda match: f"{match['way']}{MARKER}", text)
    text = _BARE.sub(lambda match: _cut(match) if _is_of_words(match["name"], names) else match[0], text)
    if "'" in text or '"' in text or "`" in text:
        text = _NO_PORT.sub(_cut, text)
        text = _without_quoted(text, names)
    text = _IS_YOURS.sub(lambda match: f"{MARKER}{match['behind']}", text)
    return _SESSION.sub(lambda match: f"{match['way']}{MARKER}", text)


def _without_quoted(text: str, names: Names) -> str:
    """The text without the quoted values of names that stand before or behind them, joined by words."""

    text = _QUOTED.sub(lambda match: _cut(match) if _is_of_words(match["name"], names) else match[0], text)
    if "value" not in text and "input" not in text and "choice" not in text:
        return text

    def value_for(match: re.Match[str]) -> str:
        return _cut(match) if names.judge(match["name"]) > Verdict.ADDRESS else match[0]

    text = _VALUE_FOR.sub(value_for, text)
    kept: list[str] = []
    done = 0
    for match in _VALUE_OF.finditer(text):
        end = text.find(match["quote"], match.end(), match.end() + 400)
        if match.start() < done or end <= match.end() or MARKER[:-1] in text[match.end() : end]:
            continue
        before = text[max(done, match.start() - 61) : match.start()]
        if any(names.judge(found[found.lastgroup or 0]) > Verdict.ADDRESS for found in _NAMED_BEFORE.finditer(before)):
            kept += (text[done : match.end()], MARKER)
            done = end
    return "".join((*kept, text[done:])) if kept else text


def _is_of_words(name: str, names: Names) -> bool:
    """Whether a secret's name of two words or more, no word of speech: api_key, authToken."""
    return len(words_of(name)) > 1 and names.judge(name) > Verdict.ADDRESS


def _cut(match: re.Match[str]) -> str:
    start, end = match.start("value") - match.start(), match.end("value") - match.start()
    return match[0] if MARKER[:-1] in match["value"] else f"{match[0][:start]}{MARKER}{match[0][end:]}"


def _without_told(match: re.Match[str]) -> str:
    value = match["quoted"] or match["bare"]
    quote = match["quote"] or ""
    plain = value if quote else value.rstrip(_CLOSING).strip("*_")
    if (
        MARKER[:-1] in value
        or PLACEHOLDER.fullmatch(plain)
        or (_NOT_SPOKEN.fullmatch(plain) or _NOT_SPOKEN.fullmatch(value))
        or plain.lower() in ORDINARY_WORDS
    ):
        return match[0]
    told = match["gap"].strip() != ""
    mixed = re.search(r"\d", value) and re.search(r"[^\W\d]", value) and len(value) >= 6
    code = re.fullmatch(r"\d{4,8}", plain) and re.search(r"(?i)pin|otp|code", match["name"])
    strong = mixed or code or (told and (re.search(r"\d|[!@#$%^&*]", value)))
    if (
        "=" in value
        or ":" in value
        or not (strong or (quote and (told or looks_random(value)) and not (quote == "`" and value.isalpha())))
    ):
        return match[0]
    tail = "" if quote else value[len(value.rstrip(_CLOSING)) :]
    return f"{match['name']}{match['gap']}{quote}{MARKER}{quote}{tail}"
