"""Secrets told in words: the password is hunter2, your code is 482913, session 8f3kd02ls9 not found."""

import re

from alerting.sentry.patterns import MARKER, looks_random

PLACEHOLDER = re.compile(
    r"%(?:\(\w*\))?[-#0 +]*\d*\.?\d*[sdrifax]|\{[\w.!:\[\]]*\}|\$\{\w*\}|\$\d+|\?|:[a-z_]\w*|@\w+|<[\w .]*>"
    r"|[*•xX.…]{3,}|\[\w*\]"
    r"|(?:Optional|Union|Annotated|Final|ClassVar|Literal|Type|Callable|[Ll]ist|[Dd]ict|[Tt]uple|[Ss]et)\[.{0,80}"
    r"|(?i:none|null|nil|true|false|undefined|nan|yes|no|on|off|n/a)"
)
# What follows a colon in speech about secrets.
ORDINARY_WORDS = frozenset(
    """
    a already an and any are array as bad basic bearer been blank bool boolean but bytes can cannot changed
    check could default deleted denied deprecated detected did digest disabled does empty enabled error
    exceeded expected expired failed failure for found from has hidden in incorrect int integer invalid is it
    jwt kerberos key ldap length list malformed masked mismatch missing must needs never new no not null
    number oauth oauth2 object of ok old on only or please provided reason redacted rejected required reset
    revoked saml set should str string supplied that the this to token too true type unable unauthorized
    undefined unexpected unknown unset unsupported updated use used using valid value was were when while
    with without wrong you your pass return break continue raise yield
    """.split()
)
_TOLD_OF = re.compile(
    r"(?<![\w/.])(?<!\w-)(?P<name>password|passwd|passphrase|passcode|pwd|secret|token|api[ _-]?key|pin|otp|"
    r"(?:security|verification|one[- ]time|confirmation|login|access|recovery|auth(?:entication|orization)?|2fa|mfa|"
    r"sms|sign[- ]in|activation|backup|reset) (?:code|password|key|token))"
    r"(?P<gap>\s{1,3}(?:(?:is|was|of|to|are|becomes|set to|changed to|now|provided|given|used|sent)(?=[\s:])\s{0,3})?"
    r"(?:now\s{1,3})?(?::\s{1,3})?)"
    r"(?:(?P<quote>\\{0,4}[\"'`])(?P<quoted>(?=[^\w\"'`]{0,8}\w[^\w\"'`]{0,4}\w)[^\"'`\s\\]{1,256})(?P=quote)"
    r"|(?P<bare>[^\s\"'`,;]{3,512}))",
    re.IGNORECASE,
)
_NOT_SPOKEN = re.compile(
    r"(?i)sha\d*|md\d|bcrypt|argon\d?\w*|pbkdf\d\w*|base\d+|utf\d*|rfc\d+|v\d[\d.]*|h\d|oauth\d?|#?\d{1,3}"
    r"|\w+\(\d+(?:,\d+)?\),?"
)
_NUMBERS = re.compile(
    r"(?<![\w/.-])(?P<way>(?:(?:cvv2?|cvc2?|csc)(?: code)?|(?:card )?security code|card code)\W{0,3}"
    r"(?:(?:is|was|of)\s)?(?=\d{3,4}(?![\w.-]))"
    r"|(?:ssn|social security(?: number)?)\W{0,3}(?:(?:is|was|of|number)\s)?(?=\d{9}(?![\w.-]))"
    r"|(?:2fa|mfa|sms|tan)(?: code)?\W{0,3}(?:(?:is|was)\s)?(?=\d{4,8}(?![\w.-]))"
    r"|your (?:\w{1,20} ){0,2}code(?: is)?:? (?=\d{4,8}(?![\w.-])))\d{3,9}",
    re.IGNORECASE,
)
_PHRASE = re.compile(
    r"(?P<way>\bpassphrase\s{1,3}(?P<quote>[\"']))(?P<value>[^\"'\r\n]{4,200})(?=(?P=quote))", re.IGNORECASE
)
_LOGIN = re.compile(
    r"(?P<way>\b(?:login|credentials?|basic auth|user/pass(?:word)?):?\s[A-Za-z][\w.@-]{0,60}[:/])"
    r"(?=[^\s,;)]{0,60}\d)(?=[^\s,;)]{0,60}[A-Za-z])[^\s/,;)\"']{5,200}",
    re.IGNORECASE,
)
_IS_YOURS = re.compile(r"(?<![\w.-])\d{4,8}(?P<behind> is your\b)")
_SESSION = re.compile(
    r"(?<![\w/.-])(?P<way>session(?: id| key)?\s(?:is\s|was\s)?[\"']?)"
    r"(?=[a-z\d]{0,40}(?:\d[a-z]|[a-z]\d[a-z\d]{0,40}\d[a-z]))"
    r"(?P<id>[a-z\d]{8,80})(?![\w.-])",
    re.IGNORECASE,
)


def without_spoken(text: str) -> str:
    """The text without the secrets that its words tell."""
    text = _TOLD_OF.sub(_without_told, text)
    text = _NUMBERS.sub(lambda match: f"{match['way']}{MARKER}", text)
    text = _PHRASE.sub(lambda match: f"{match['way']}{MARKER}", text)
    text = _LOGIN.sub(lambda match: match[0] if MARKER in match[0] else f"{match['way']}{MARKER}", text)
    text = _IS_YOURS.sub(lambda match: f"{MARKER}{match['behind']}", text)
    return _SESSION.sub(lambda match: f"{match['way']}{MARKER}", text)


def _without_told(match: re.Match[str]) -> str:
    value = match["quoted"] or match["bare"]
    quote = match["quote"] or ""
    if (
        MARKER[:-1] in value
        or PLACEHOLDER.fullmatch(value)
        or _NOT_SPOKEN.fullmatch(value)
        or value.lower() in ORDINARY_WORDS
    ):
        return match[0]
    told = match["gap"].strip() != ""
    mixed = re.search(r"\d", value) and re.search(r"[^\W\d]", value) and len(value) >= 6
    code = re.fullmatch(r"\d{4,8}\.?", value) and re.search(r"(?i)pin|otp|code", match["name"])
    strong = mixed or code or (told and (re.search(r"\d|[!@#$%^&*]", value)))
    if "=" in value or ":" in value or not (strong or (quote and (told or looks_random(value)))):
        return match[0]
    tail = "." if value.endswith(".") and not quote else ""
    return f"{match['name']}{match['gap']}{quote}{MARKER}{quote}{tail}"
