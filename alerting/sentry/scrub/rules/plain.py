"""What is no secret behind a secret's name: holes, words for nothing, complaints, objects that show nothing."""

import re

# What stands where a secret would: holes of templates, SQL and formats, markers of those who took one out, yes and no,
# objects that show nothing of themselves, types.
NOTHING = re.compile(
    r"%(?:\(\w*\))?[-#0 +]*\d*\.?\d*[sdrifax]|\$?\{{1,3}[\w.\s|()!\[\]]{0,200}\}{1,3}|\$\d+|\?|:[a-z_]\w*|@[A-Za-z_]+\d{0,2}"
    r"|<[A-Za-z_][\w .-]{0,80}>|<>"
    r"|\$[A-Z]{1,40}(?:_[A-Z0-9]{1,40}){1,6}|\$(?:PASSWORD|TOKEN|SECRET|PASS)|!vault\b.{0,4}|&?nil|\$\(.{1,200}\)"
    r"|[*•.…]{3,}|x{3,}|X{3,}|\W?(?i:redacted|masked|hidden|removed|filtered|sanitized|scrubbed|secret removed)\W?"
    r"|\[(?i:redacted|filtered|masked|hidden)[^\]]{0,40}\]|\[Filtered\]?|\*?\(?(?i:optional|required)\)?\*?"
    r"|(?i:your)[_-][A-Za-z_-]{1,80}|\(?(?:\?P?<\w{1,40}>)?(?:\\{1,8}[wdsSWD]|\[\^[^\]\s]{1,20}\]|\.)[+*]\??\)?"
    r"|(?:Optional|Union|Annotated|Final|ClassVar|Literal|Type|Callable|[Ll]ist|[Dd]ict|[Tt]uple|[Ss]et)\[.{0,80}"
    r"|(?i:none|null|nil|true|false|undefined|nan|yes|no|on|off|enabled|disabled|n/a)|[\w.]{0,80}\([*•]+\)"
    r"|<(?:(?:function|coroutine object|bound method|class|module|generator object) [\w.'<>]{1,200}(?: (?:of|from"
    r"|at) .{1,200})?"
    r"|[\w.]{1,200}(?: object|\[\])?(?: at 0x[0-9a-fA-F]{1,20})?"
    r"|[\w.]{1,100}: [\w.]{1,100} object \(\d{1,12}\)|[\w.]{1,100}: \{\})>|\[\]|\{\}|\(\)|b?['\"]{2}",
    re.DOTALL,
)
# The same where a value begins: what follows is no secret.
HOLE = re.compile(
    r"\[Filtered\]|\$?\{\{[^{}]{0,200}\}\}|\$\{[^{}]{1,80}\}|\$[A-Za-z_]\w*[),]|<%[^%]{0,80}%>"
    r"|<[A-Za-z_][\w-]*+(?: [\w-]++){1,6}>|</|<(?:class|function|module) [^<>]{1,200}>|\$\([^()]{1,80}\)"
    # A call: the text it wraps is read by a row of its own.
    r"|[A-Za-z_][\w.]{0,80}[\[(]\s?(?:\w{1,30}=)?[bur]?\\{0,15}[\"']"
)
# A name that people give, so that a separator before it ends the value of the one before.
PLAUSIBLE = re.compile(
    r"[A-Za-z][a-z]{2,}(?:[A-Z][a-z]+|[_.-][A-Za-z]{1,20})*\d{0,2}(?:\[\w{0,20}\]|%5[bB]\w{0,20}%5[dD])?|[A-Z]{2,}(?:_[A-Z\d]+)*"
)
# A form answers a whole sentence about a field instead of its value: This field is required.
SENTENCE = re.compile(r"[A-Z][a-z']*(?:,? [A-Za-z0-9'’()-]{1,40}){2,40}(?:[.!]|\. [A-Z][\w ,'’-]{1,200}[.!])")
COMPLAINING = frozenset(
    """
    this is are must field be been not may required too at least the your can't cannot contain contains valid invalid
    enter please match blank similar common numeric entirely short long has have does do did
    """.split()
)
WORDLIKE = re.compile(r"[A-Za-z]?[a-z]+(?:[-_.:/][A-Za-z]?[a-z]+)*|[A-Z]+(?:[-_ ][A-Z]+)*|(?:[A-Z][a-z]+){1,6}|\d{1,6}")
# A word of digits and letters among others.
MIXED = re.compile(r"(?<!\S)(?=[^\s\d]{0,40}\d)(?=[^\sA-Za-z]{0,40}[A-Za-z])\S{3}")
NUMBERED = re.compile(r"[a-z]{3,}[-_.]?\d{1,3}|[A-Za-z]{2,8}:\d{1,5}|\d{1,9}/\d{1,9}")


PATH = re.compile(r"(?:/|~/|[A-Za-z]:\\{1,2})[\w.@+ -]*(?:[/\\]+[\w.@+ -]*)*")
# Where a log line's template leaves a place for a parameter, and what a number of few digits may be a secret of.
PLACEHOLDER = re.compile(r"%(?:\((\w+)\))?[-#0 +]*\d*(?:\.\d+)?[sdrifaxXgGeEcou]|\{(\w*)(?:![rsa])?(?::[^{}]*)?\}")
NUMERIC = re.compile(r"pass|pw|pin|otp|code|secret|cv[vc]|key|2fa|mfa", re.IGNORECASE)
