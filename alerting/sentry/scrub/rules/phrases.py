"""The few sentences that are read: one-time codes, and what libraries quote of passwords."""

from alerting.sentry.scrub.rules import Rule
from alerting.sentry.scrub.values import is_told

RULES = (
    Rule(
        id="told",
        keywords=(" ", "\t"),
        pattern=r"""(?<![\w.\-=/(:])(?P<name>(?:[A-Za-z]{2,20} (?=(?i:key|code|number|phrase|token|answer|hash|id|no|address|word)s?\b))?[A-Za-z][\w.-]{1,60}+)[\"'`)\]]{0,2}(?: (?:for|of) [\w.@-]{1,40}(?= (?:is|was)\b|:))?(?P<joint>(?: value)?(?: (?i:is|was|are|becomes|now|set|changed|to|provided|given|used|sent|with|value|header)){0,3})(?:(?P<sign>[ \t]?[:=])[ \t]|[ \t][(<\[*]?)(?=(?P<value>(?P<quote>\\{0,7}[\"'`])(?=\S)(?:(?!(?P=quote)).){3,200}(?P=quote)|(?=[^\s\d]{0,60}\d)(?=[^\sA-Za-z]{0,60}[A-Za-z])[^\s\"'`,;=:/(]{5,400}[\w@#$%^&+~-](?=[\"'`,;.!?:)\]}>*_]{0,3}(?:\s|\Z))))""",
        source="log lines of people and libraries",
        hits=("the password is x9y8<+>zq", "refresh token 4f0e<+>8a1c2b refused", "password for mara: 'hunt<+>er2'"),
        misses=(
            "token 3 of 12",
            "the password of user 8841 expired",
            "invalid password 'required'",
            "auth_token field2 missing",
        ),
        check=is_told,
        bounded=False,
    ),
    Rule(
        id="code-told",
        keywords=("otp", "pin", "code", "mfa", "2fa", "tan"),
        pattern=r"""(?<![A-Za-z0-9])(?i:(?:otp|pin|2fa|mfa|tan)(?: code| pin| password)?|(?:sms|reset|login|sign[- ]in|verification|security|confirmation|activation|auth\w{0,14}|backup|recovery|one[- ]time|access|your|wrong|invalid|incorrect|bad|entered|expired)[\w ]{0,10}?code)(?:\s(?:for|of)\s[\w.@-]{1,60})?\W{0,3}(?:(?:is|was)\s)?:?\s?(?P<value>\d{3}[ -]\d{3}|\d{4,8})(?![\w-]|\.\d)""",
        source="mails and log lines of one-time codes",
        hits=(
            "Your login code is 551<+> 882",
            "OTP 48<+>2913 expired for user 7",
            "verification code: 48<+>2913",
        ),
        misses=("error code 404", "status code 500", "zip code 89073", "pin: 4 digits"),
        bounded=False,
    ),
    Rule(
        id="card-code-told",
        keywords=("cvv", "cvc", "csc", "pin", "security code", "card code"),
        pattern=r"""(?i:cvv2?|cvc2?|csc|pin|(?:security|card) code)(?i: code)?\W{0,3}(?i:(?:is|was)\s)?:?\s?(?P<value>\d{3,4})(?![\w-]|\.\d)""",
        source="ISO/IEC 7813: the code on a card's back; PINs",
        hits=("cvc 12<+>3", "security code is 48<+>29"),
        misses=("pin: 4 digits", "cvc missing"),
    ),
    Rule(
        id="code-is-yours",
        keywords=(
            " is your ",
            " as your ",
        ),
        pattern=r"(?<![\w.])(?:G-)?(?P<value>\d{4,8}) (?:is your\b|as your (?:\w{1,20} ){0,3}(?:code|otp|pin|password|passcode)\b)",
        source="mails of one-time codes",
        hits=(
            "Use 48<+>2913 as your verification code",
            "G-48<+>2913 is your Google verification code",
        ),
        misses=("this is your code",),
        bounded=False,
    ),
    Rule(
        id="social-security-told",
        keywords=(
            "ssn",
            "social security",
        ),
        pattern=r"(?i:ssn|social security(?: number)?)\W{0,3}(?:(?:is|was|of|number)\s)?(?P<value>\d{9})(?![\w-]|\.\w)",
        source="SSA: Social Security numbers without their dashes",
        hits=("duplicate ssn 2190<+>99999 found",),
        misses=("ssn missing",),
    ),
    Rule(
        id="named-port",
        keywords=(
            "port",
            "host",
        ),
        pattern=r"""(?:(?P<port>(?i:port))|(?i:host))\b[^'\"\r\n]{0,60}?(?P<quote>['\"])(?:(?!(?:\d{2,5}(?:/\w+)?|[\w-]+(?:\.[\w-]+)*(?::\d+)?)(?P=quote))|(?(port)(?=[^'\"\s]{0,200}\d)(?=[^'\"\s]{0,200}[^\W\d_])|(?!)))(?P<value>[^'\"\s]{2,200})(?P=quote)""",
        source="urllib, psycopg, httpx about passwords with signs that end a host",
        hits=(
            "Port could not be cast to integer value as 'q7Kx<+>2m'",
            "invalid port 'q7Kx<+>2m'",
        ),
        misses=(
            "port '5432' is in use",
            "host 'db1' not found",
        ),
    ),
    Rule(
        id="no-host",
        keywords=("is not a valid ",),
        pattern=r"'[\w.@-]{0,60}:(?P<value>[^\s']{2,200})' is not a valid (?:host|port)",
        source="urllib and redis-py about un-encoded passwords",
        hits=("'svc:q7Kx<+>2m' is not a valid host or port",),
        misses=("'db1:5432' is a host",),
        bounded=False,
    ),
    Rule(
        id="no-number",
        keywords=("invalid literal for int() with base 10: ",),
        pattern=r"""invalid literal for int\(\) with base 10: (?P<quote>['\"])(?=[^'\"\s]{0,200}\d)(?=[^'\"\s]{0,200}[^\W\d_])(?![0-9a-fA-F-]{36}(?P=quote))(?P<value>[^'\"\s]{2,200})(?P=quote)""",
        source="int() of what stands behind a URL's last colon",
        hits=("invalid literal for int() with base 10: 'q7Kx<+>2m'",),
        misses=(
            "invalid literal for int() with base 10: 'abc'",
            "invalid literal for int() with base 10: '12.5'",
        ),
    ),
)
