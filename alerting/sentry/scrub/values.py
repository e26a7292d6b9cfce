"""Whether what follows a secret's name is a secret, and where it ends."""

from alerting.sentry.scrub.rules import plain
from alerting.sentry.scrub.rules.secrecy import Secrecy
from alerting.sentry.scrub.rules.words import MECHANISMS

MARKER = "[Filtered]"


def holds_nothing(text: str) -> bool:
    """Whether the text is a hole or another word for nothing, in whose place a secret might stand."""
    return plain.NOTHING.fullmatch(text) is not None


def is_complaint(text: str) -> bool:
    """Whether the text is a whole sentence about a field."""
    if len(text) > 400 or " " not in text or not plain.SENTENCE.fullmatch(text):
        return False
    return sum(word.strip(".,!()").lower() in plain.COMPLAINING for word in text.split()) >= 2


def looks_random(text: str) -> bool:
    """Whether a text is no word that people write: digits amid letters, capitals inside, or very long."""
    if len(text) < 4:
        return False
    if len(text) > 32 and " " not in text:
        return True
    return not plain.WORDLIKE.fullmatch(text) and any(map(str.isalnum, text))


def is_secret_value(
    text: str, secrecy: Secrecy, name: str = "", *, quoted: bool = False, structural: bool = False
) -> bool:
    """The one judge of values. `structural`: the name is a key, a parameter, a header, and no word of a sentence."""
    if not text or holds_nothing(text) or is_complaint(text) or (name and _is_of_another_meaning(text, name)):
        return False
    if secrecy >= Secrecy.STRONG:
        return True
    if text.startswith(MARKER):
        return False  # cut before: what stands behind was no part of it
    if structural:
        return not (text.isdigit() and len(text) < 7) and text.lower() not in MECHANISMS
    if quoted:
        if not plain.DIGIT.search(text):
            return len(text) > 15 and " " not in text and looks_random(text) and "(" not in text
        return " " not in text or plain.MIXED.search(text) is not None
    return looks_random(text) and "(" not in text and not plain.NUMBERED.fullmatch(text)


def _is_of_another_meaning(text: str, name: str) -> bool:
    """Whether a secret's name has its other meaning here: `PWD` a working directory, `pass` a count of tests."""
    lowered = name.lower()
    if lowered.endswith("pwd"):
        return bool(plain.PATH.fullmatch(text))
    if text.isdigit() and len(text) < 5:
        return lowered.endswith(plain.COUNTED) or (lowered == "pass" and len(text) < 4)
    return lowered in {"token", "tokens"} and text.isalpha() and text.isupper()
