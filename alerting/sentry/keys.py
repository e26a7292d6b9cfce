"""Whether a name announces a secret, judged by its words.

Substrings would do harm: `author` holds *auth*, `className` holds *ssn*, `monkey` holds *key*. So a name is split at
case changes and punctuation, and its last word decides first: a password's *count*, *age* or *policy* is no password.
"""

import re
from collections.abc import Iterable
from enum import IntEnum
from itertools import pairwise

_CASE = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_WORD = re.compile(r"[^\W_]+")
LONGEST = 200


class Verdict(IntEnum):
    """What a name says about the value it stands for."""

    VERSION = -1
    """A version number, which may look like an address."""
    HARMLESS = 0
    ADDRESS = 1
    """An IP address of a person."""
    TOKEN = 2
    """A text that opens something; a small number under the name is a count or an id."""
    SECRET = 3
    """Nothing under the name may be seen, numbers included."""
    VAULT = 4
    """Likewise, and so for everything inside, whatever its own name."""


def words_of(name: str) -> tuple[str, ...]:
    """The name's words in lower case; digits at a word's end do not count."""
    parts = _WORD.findall(_CASE.sub(" ", name[:LONGEST]))
    return tuple(_plain(part.lower()) for part in parts)


def _plain(word: str) -> str:
    return word if word in _WITH_DIGITS else word.rstrip("0123456789") or word


_WITH_DIGITS = frozenset({"cvv2", "cvc2", "2fa", "last4", "oauth2"})

# What the last word may be for the value to be about the secret instead of being it.
_ABOUT = frozenset(
    """
    address color colour db flow mechanism methods origins
    age alg algorithm allowed alias at attempt attempts author backend backends balance budget bucket cache
    category change changed changes chars check checked checks class cls column columns config configured consent count
    counter created ctx date days default deleted description domain duration enabled encoding endpoint
    engine entropy env error errors event exempt exists exp expected expiration expire expired expires expiry
    factory failed failure failures feature field fields file filename fingerprint flag form format generator
    group handler hasher hashers header headers helper hint host hours httponly icon id ids index info input
    interval invalid issued issuer kind label language last4 layout len length level lifetime limit link list
    location logger manager max message meta metadata method middleware min minutes missing mode model module
    dir directory folder mount
    name names namespace needed notice num number numbers options order owner page param parameter
    params parser path paths plugin policy prefix present processor prompt protocol provider providers
    quality quota rate ratio reader reason receiver redirect regex region remaining renewed required
    requirement requirements reset resource response result results revoked role rotated rotation rule rules
    samesite saved schema scheme score scope scopes screen seconds secure sender serializer server service
    set settings signal size sock socket source spec start started state status step storage store strategy strength
    style suffix supported table tag task template test text time timeout timestamp title total ttl type
    types updated url urls usage use used user username users uri valid validated validation validator
    validators verified version versions view visible width writer
    """.split()
)
# The same at a name's start: has_password, max_tokens, num_sessions.
_ASKING = frozenset(
    """
    allow allows can count disable enable enabled has hide ignore is max maximum min minimum must need needs
    no num number require required requires should show skip supports total use uses with without
    """.split()
)

_ASKING_FIRST = frozenset((word,) for word in _ASKING)

_VAULTS = frozenset(
    """
    authorization authorisation cookie cookies credential credentials creds kennwort motdepasse passwd passphrase
    passwort password passwords pw pwd secret secrets senha wachtwoord contrasena contraseña pass passcode
    passe apikey apikeys pswd passw0rd passord пароль 密码 密碼 口令 パスワード 비밀번호 암호 hasło haslo
    lösenord losenord adgangskode kodeord salasana şifre sifre parola clave lozinka heslo jelszó
    jelszo κωδικός סיסמה المرور
    """.split()
)
_SECRETS = frozenset(
    """
    otp totp hotp pin pincode cvv cvv2 cvc cvc2 csc ssn mnemonic jwt bearer passkey iban signingkey masterkey
    encryptionkey privkey privatekey secretkey accesskey accountkey cardnumber creditcard ccnumber
    requirepass masterauth htpasswd wifipsk psk
    """.split()
)
_TOKENS = frozenset(
    """
    token tokens auth session sessions sess sid csrf xsrf signature sig authtoken sessionid phpsessid
    jsessionid samlresponse symfony verifier hmac
    """.split()
)
# Written as one word: dbpassword, mysqlpwd, csrfmiddlewaretoken, sharedaccesskey.
_ENDINGS = tuple("password passwd pwd passphrase passcode apikey secretkey privatekey accesskey secret".split())
_TOKEN_ENDINGS = ("authtoken", "accesstoken", "sessionid", "sessid", "token")
_NOT_TOKENS = frozenset({"nontoken", "subtoken", "pretoken", "detoken"})

_PAIRS: dict[tuple[str, str], Verdict] = {
    **dict.fromkeys(
        (
            (first, second)
            for first in """
    access account admin aes api app application auth client consumer crypto decryption deploy deployment
    encrypt encryption fernet functions gpg hmac jwt license licence master pgp preshared priv private rsa secret
    server service session shared sign signing ssh ssl storage subscription symmetric tls vault webhook
    algolia anthropic apns azure datadog fcm firebase gemini heroku mailgun mapbox maps openai pagerduty sendgrid
    stripe twilio vapid
    """.split()
            for second in ("key", "keys")
        ),
        Verdict.SECRET,
    ),
    ("api", "keys"): Verdict.VAULT,
    **dict.fromkeys(
        (
            (first, "code")
            for first in """
    2fa activation auth authorization backup card confirmation device factor login mfa oauth otp passcode pin
    recovery reset secret security sms totp verification verify
    """.split()
        ),
        Verdict.SECRET,
    ),
    **dict.fromkeys(((first, "codes") for first in "backup mfa otp recovery scratch".split()), Verdict.SECRET),
    **dict.fromkeys(
        (
            ("card", "number"),
            ("card", "num"),
            ("card", "no"),
            ("cc", "number"),
            ("cc", "num"),
            ("cc", "no"),
            ("credit", "card"),
            ("debit", "card"),
            ("social", "security"),
            ("national", "insurance"),
            ("passport", "number"),
            ("passport", "no"),
            ("question", "answer"),
            ("security", "answer"),
            ("secret", "answer"),
            ("seed", "phrase"),
            ("recovery", "phrase"),
            ("secret", "id"),
            ("pin", "number"),
            ("ssn", "number"),
            ("security", "number"),
            ("insurance", "number"),
            ("tax", "id"),
            ("pre", "shared"),
            ("national", "id"),
            ("bank", "account"),
            ("instrumentation", "key"),
            ("maiden", "name"),
            ("authorization", "header"),
            ("auth", "header"),
            ("token", "hint"),
        ),
        Verdict.SECRET,
    ),
    ("session", "id"): Verdict.TOKEN,
    ("saml", "response"): Verdict.TOKEN,
    ("saml", "request"): Verdict.TOKEN,
    ("session", "key"): Verdict.TOKEN,
    ("connect", "sid"): Verdict.TOKEN,
    ("remember", "me"): Verdict.TOKEN,
    ("remote", "addr"): Verdict.ADDRESS,
    ("remote", "address"): Verdict.ADDRESS,
    ("client", "addr"): Verdict.ADDRESS,
    ("client", "address"): Verdict.ADDRESS,
    ("peer", "addr"): Verdict.ADDRESS,
    ("ip", "address"): Verdict.ADDRESS,
    ("ip", "addr"): Verdict.ADDRESS,
    ("forwarded", "for"): Verdict.ADDRESS,
    ("connecting", "ip"): Verdict.ADDRESS,
}
# Pairs whose last word would otherwise speak for harmlessness.
_PAIRS_THAT_WIN = frozenset(pair for pair in _PAIRS if pair[1] in _ABOUT)
# What makes the word that follows one of something public.
_PUBLIC = frozenset(
    [
        *((first, "token") for first in "public stop eos bos pad unk mask sep".split()),
        *((first, "tokens") for first in "billed cached completion input output prompt reasoning".split()),
        *((first, "signature") for first in "function method call".split()),
        ("desktop", "session"),
    ]
)

# Secret only where nothing stands beside them: mfa_device is a name, mfa a code.
_WHOLE = frozenset({("2fa",), ("mfa",)})

_VERSION = re.compile(r"(?:(?:\b|_)(?i:versions?|build|release|ver|agent|dist|tag)|Version|Agent)[\d_\W]*$")
# A text names no secret unless it holds one of these. A necessary sign of every word above, quick to look for.
_ROOTS = """
    pass pw secret token cred auth cookie sess sid csrf xsrf jwt otp pin cvv cvc csc ssn sig key bearer card
    code iban mnemonic phrase wort senha wachtw contrase user answer addr forward verifier samlr symfony
    remember psk ip hmac saml identified pswd crypt md5 cc_n ccn cc-n cc.n security insurance tax_id taxid tax-id tax.id
    national pre_sh pre-sh presh bank maiden 2fa mfa
    adgangskode salasana parola haslo losenord kodeord sifre
    clave lozinka heslo jelszo basic digest negotiate ntlm ssws dpop social login
    """.split()


_HEADER_NAME = re.compile(r"(?:[A-Za-z][a-z]+-){0,4}[A-Z][a-z]+|HTTP_[A-Z_]+")
_PATH = re.compile(r"(?:/|~/|[A-Za-z]:\\{1,2})[\w.@+ -]*(?:[/\\]+[\w.@+ -]*)*")


def means_something_else(name: str, value: object) -> bool:
    """Whether a secret's name has its other meaning here: `PWD` a working directory, `pass` a count of tests."""
    lowered = name.lower()
    if lowered.endswith("pwd"):
        return isinstance(value, str) and bool(_PATH.fullmatch(value.strip("'\"")))
    if lowered in {"2fa", "mfa"}:
        return not re.fullmatch(r"['\"]?\d{4,8}['\"]?", str(value))
    if lowered.endswith("header"):
        return isinstance(value, str) and bool(_HEADER_NAME.fullmatch(value.strip("'\"")))
    if lowered in {"token", "tokens"}:
        return isinstance(value, str) and bool(re.fullmatch(r"[A-Z]{2,8}", value))
    return lowered == "pass" and bool(re.fullmatch(r"\d{1,3}", str(value)))


def _any_of(roots: Iterable[str]) -> re.Pattern[str]:
    """One expression for all of them, by first letter: it is asked of every text."""
    by_letter: dict[str, list[str]] = {}
    for root in roots:
        by_letter.setdefault(root[0], []).append(re.escape(root[1:]))
    return re.compile("|".join(f"{re.escape(letter)}(?:{'|'.join(rest)})" for letter, rest in by_letter.items()))


class Names:
    """Judges names, with what an application adds: `extra` names are secret, `allowed` ones never are."""

    def __init__(self, extra: Iterable[str] = (), allowed: Iterable[str] = ()) -> None:
        self._extra = tuple(words_of(name) for name in extra)
        self._allowed = frozenset(words_of(name) for name in allowed)
        self.known: dict[str, Verdict] = {}
        self._roots = _any_of([*_ROOTS, *(max(words, key=len) for words in self._extra if words)])

    def may_be_in(self, lowered: str) -> bool:
        """Whether a text in lower case could hold a secret's name at all."""
        return self._roots.search(lowered) is not None or not lowered.isascii()

    def judge(self, name: str) -> Verdict:
        """The verdict on a name, remembered: an application has few of them."""
        verdict = self.known.get(name)
        if verdict is None:
            if len(self.known) >= 4096:
                self.known.clear()
            verdict = self._judge(words_of(name)) if self.may_be_in(name.lower()) else Verdict.HARMLESS
            if verdict and "." in name and words_of(name.rpartition(".")[2])[:1] in _ASKING_FIRST:
                verdict = Verdict.HARMLESS
            if verdict is Verdict.HARMLESS and _VERSION.search(name):
                verdict = Verdict.VERSION
            self.known[name] = verdict
        return verdict

    def _judge(self, words: tuple[str, ...]) -> Verdict:
        if not words or words in self._allowed:
            return Verdict.HARMLESS
        if any(_within(extra, words) for extra in self._extra):
            return Verdict.SECRET
        if words in _WHOLE or words[-3:] == ("access", "key", "id"):
            return Verdict.SECRET
        words = tuple(word for word in words if word not in {"v", "x", "http", "raw", "value", "val"}) or words
        pairs = list(pairwise(words))
        if words[-1] in {"ip"}:
            return Verdict.ADDRESS if len(words) == 1 or words[-2] in _WHOSE_IP else Verdict.HARMLESS
        if pairs and pairs[-1] in _PUBLIC:
            return Verdict.HARMLESS
        if not (pairs and pairs[-1] in _PAIRS_THAT_WIN) and (words[-1] in _ABOUT or words[0] in _ASKING):
            return Verdict.HARMLESS
        found = [_PAIRS.get(pair, Verdict.HARMLESS) for pair in pairs]
        return max([*found, *(_alone(word) for word in words)])


_WHOSE_IP = frozenset(
    "address client user remote real source true origin caller visitor cf forwarded last login".split()
)


def _alone(word: str) -> Verdict:
    if word in _VAULTS:
        return Verdict.VAULT
    if word in _SECRETS or (len(word) > 6 and word.endswith(_ENDINGS)) or (len(word) > 3 and word.endswith("pw")):
        return Verdict.SECRET
    if word in _TOKENS or (word.endswith(_TOKEN_ENDINGS) and word not in _NOT_TOKENS):
        return Verdict.TOKEN
    return Verdict.HARMLESS


def _within(part: tuple[str, ...], whole: tuple[str, ...]) -> bool:
    size = len(part)
    return bool(part) and any(whole[start : start + size] == part for start in range(len(whole) - size + 1))
