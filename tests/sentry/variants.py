"""Generated secrets, keys, wrappings and places for the scrubber's variant tests. Every secret is made up here."""

import base64
import json
import string
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus, urlencode

from hypothesis import strategies as st

LETTERS = string.ascii_letters + string.digits
HEX = "0123456789abcdef"
UPPER = string.ascii_uppercase + "234567"
DIGITS = string.digits


def text_of(alphabet: str, length: int) -> st.SearchStrategy[str]:
    return st.text(alphabet, min_size=length, max_size=length)


def b64url(value: str) -> str:
    return base64.urlsafe_b64encode(value.encode()).decode().rstrip("=")


def luhn_digit(digits: str) -> str:
    doubled = [int(digit) * (2 if index % 2 == 0 else 1) for index, digit in enumerate(reversed(digits))]
    return str(-sum(value - 9 if value > 9 else value for value in doubled) % 10)


_VENDORS: dict[str, tuple[str, str, int]] = {
    "AWS": ("AKIA", UPPER, 16),
    "GitHub classic": ("ghp_", LETTERS, 36),
    "GitHub app": ("ghs_", LETTERS, 36),
    "GitHub fine-grained": ("github_pat_", LETTERS, 82),
    "GitLab": ("glpat-", LETTERS, 20),
    "Slack": ("xoxb-123456789012-1234567890123-", LETTERS, 24),
    "Stripe": ("sk_live_", LETTERS, 24),
    "Stripe restricted": ("rk_live_", LETTERS, 24),
    "Google": ("AIza", LETTERS, 35),
    "npm": ("npm_", LETTERS, 36),
    "PyPI": ("pypi-AgEIcHlwaS5vcmc", LETTERS, 80),
    "OpenAI": ("sk-proj-", LETTERS, 48),
    "Anthropic": ("sk-ant-api03-", LETTERS, 95),
    "Sentry": ("sntryu_", HEX, 64),
    "DigitalOcean": ("dop_v1_", HEX, 64),
    "Shopify": ("shpat_", HEX, 32),
    "Square": ("sq0atp-", LETTERS, 22),
    "Twilio": ("SK", HEX, 32),
    "Telegram": ("123456789:AA", LETTERS, 33),
}


def vendor_tokens() -> st.SearchStrategy[str]:
    return st.sampled_from(sorted(_VENDORS)).flatmap(
        lambda name: text_of(*_VENDORS[name][1:]).map(lambda rest: _VENDORS[name][0] + rest)
    )


@st.composite
def web_tokens(draw: st.DrawFn) -> str:
    header = b64url(json.dumps({"alg": draw(st.sampled_from(["HS256", "RS256", "ES512"])), "typ": "JWT"}))
    payload = b64url(json.dumps({"sub": draw(text_of(DIGITS, 8)), "name": draw(text_of(LETTERS, 12))}))
    whole = f"{header}.{payload}.{draw(text_of(LETTERS + '-_', 43))}"
    # Servers and serializers cut long values: what is left of a token still says whose it was.
    return whole[: draw(st.sampled_from([len(whole), len(whole) - 20, len(header) + 21]))].rstrip("-_.")


@st.composite
def cards(draw: st.DrawFn) -> str:
    prefix, length = draw(
        st.sampled_from([("4", 16), ("51", 16), ("55", 16), ("2221", 16), ("34", 15), ("37", 15), ("6011", 16)])
    )
    body = prefix + draw(text_of(DIGITS, length - len(prefix) - 1))
    digits = body + luhn_digit(body)
    separator = draw(st.sampled_from(["", "-", " "]))
    groups = (4, 6, 5) if length == 15 else (4, 4, 4, 4)
    starts = [sum(groups[:index]) for index in range(len(groups))]
    return separator.join(digits[start : start + size] for start, size in zip(starts, groups, strict=True))


@st.composite
def ibans(draw: st.DrawFn) -> str:
    bank = draw(text_of(DIGITS, 18))
    check = 98 - int(bank + "131400") % 97  # DE00 moved to the end, letters as numbers
    whole = f"DE{check:02d}{bank}"
    grouped = " ".join(whole[index : index + 4] for index in range(0, len(whole), 4))
    return draw(st.sampled_from([whole, grouped]))


@st.composite
def social_security_numbers(draw: st.DrawFn) -> str:
    area = draw(st.integers(1, 899).filter(lambda number: number != 666))
    return f"{area:03d}-{draw(st.integers(1, 99)):02d}-{draw(st.integers(1, 9999)):04d}"


@st.composite
def mail_addresses(draw: st.DrawFn) -> str:
    name = draw(st.sampled_from(["mara", "jo.berg", "k+shop", "a_b", "x-1"])) + draw(text_of(DIGITS, 4))
    return f"{name}@{draw(text_of(string.ascii_lowercase, 6))}.{draw(st.sampled_from(['com', 'de', 'co.uk', 'org']))}"


@st.composite
def public_addresses(draw: st.DrawFn) -> str:
    rest = [str(draw(st.integers(1, 254))) for _ in range(3)]
    return ".".join([str(draw(st.sampled_from([81, 93, 151, 185]))), *rest])


# A password as people and generators make them: a letter, a digit, and symbols shells and URLs trip over.
PLAIN_PASSWORDS = st.text(LETTERS + "$!*@#/_-.", min_size=8, max_size=20).map(lambda text: f"q7{text}Z")
HARD_PASSWORDS = st.text(LETTERS + "$!*@#/ '\"\\%&=;,üß→{}[]()<>", min_size=8, max_size=20).map(
    lambda text: f"q7{text}Z"
)
# What is a secret wherever it stands, by kind.
RECOGNISED = {
    "vendor token": vendor_tokens(),
    "JWT": web_tokens(),
    "card": cards(),
    "IBAN": ibans(),
    "SSN": social_security_numbers(),
    "e-mail": mail_addresses(),
    "IP": public_addresses(),
}

_WORDS = [
    ("password",), ("db", "password"), ("new", "password"), ("api", "key"), ("stripe", "api", "key"), ("secret",),
    ("client", "secret"), ("access", "token"), ("refresh", "token"), ("token",), ("passphrase",), ("private", "key"),
    ("auth", "token"), ("user", "passwd"), ("smtp", "pwd"), ("session", "id"), ("csrf", "token"), ("secret", "key"),
    ("x", "api", "key"), ("signing", "secret"), ("aws", "secret", "access", "key"),
]  # fmt: skip
_SPELLINGS: list[Callable[[tuple[str, ...]], str]] = [
    "_".join,
    "-".join,
    ".".join,
    lambda words: "_".join(words).upper(),
    lambda words: "-".join(word.title() for word in words),
    lambda words: words[0] + "".join(word.title() for word in words[1:]),
    lambda words: "".join(word.title() for word in words),
]
KEYS = st.builds(lambda spell, words: spell(words), st.sampled_from(_SPELLINGS), st.sampled_from(_WORDS))


@dataclass(frozen=True)
class Wrapping:
    """How a key and its secret are written, and which spellings of the secret may then be searched for."""

    name: str
    wrap: Callable[[str, str], Any]
    written: Callable[[str], list[str]] = lambda secret: [secret]


def _json_in_json(levels: int) -> Callable[[str, str], str]:
    def wrap(key: str, secret: str) -> str:
        held: Any = {key: secret, "page": 2}
        for _ in range(levels):
            held = {"payload": json.dumps(held)}
        return str(held["payload"])

    return wrap


def _escaped(secret: str) -> list[str]:
    return [secret, json.dumps(secret)[1:-1]]


# In these a parser can tell where the secret ends, whatever is in it.
DELIMITED = [
    Wrapping("dict", lambda key, secret: {key: secret, "page": 2}),
    Wrapping("dict in lists", lambda key, secret: [[{"a": [{key: secret}]}], 2]),
    Wrapping("dict in a tuple", lambda key, secret: ({key: secret}, 2)),
    Wrapping("list under the key", lambda key, secret: {key: [secret]}),
    Wrapping("pairs", lambda key, secret: [["page", "2"], [key, secret]]),
    Wrapping("tuple pair", lambda key, secret: ((key, secret), ("page", "2"))),
    Wrapping("name and value", lambda key, secret: {"name": key, "value": secret}),
    Wrapping("quoted keys", lambda key, secret: {repr(key): repr(secret), "'page'": "2"}),
    Wrapping("JSON", lambda key, secret: json.dumps({"page": 2, key: secret}), _escaped),
    Wrapping("JSON in JSON", _json_in_json(2), _escaped),
    Wrapping("JSON four deep", _json_in_json(4), _escaped),
    Wrapping("dict repr", lambda key, secret: repr({"page": 2, key: secret, "n": 1})),
    Wrapping("pairs repr", lambda key, secret: repr([("page", 2), (key, secret)])),
    Wrapping("object repr", lambda key, secret: f"<Client {key}={secret!r} page=2>"),
    Wrapping("form", lambda key, secret: urlencode({"page": 2, key: secret, "n": 1}), lambda s: [s, quote_plus(s)]),
    Wrapping(
        "URL",
        lambda key, secret: f"https://api.example.com/v1?page=2&{key}={quote_plus(secret)}&n=1",
        lambda secret: [secret, quote_plus(secret)],
    ),
]
# In these the secret ends at the next blank.
BLANK_ENDED = [
    Wrapping("prose with =", lambda key, secret: f"sync failed {key}={secret} page=2"),
    Wrapping("prose with :", lambda key, secret: f"sync failed, {key}: {secret} page=2"),
    Wrapping("argument", lambda key, secret: f"import --{key.replace('_', '-')}={secret} --verbose"),
    Wrapping("arguments", lambda key, secret: ["import", f"--{key.replace('_', '-')}", secret, "--verbose"]),
    Wrapping("userinfo", lambda key, secret: f"amqp://app:{secret}@mq.internal:5672/shop"),
    Wrapping("userinfo without a user", lambda key, secret: f"redis://:{secret}@cache:6379/0"),
]


def _frame(**fields: Any) -> dict[str, Any]:
    return {"filename": "shop/pay.py", "function": "charge", "module": "shop.pay", "lineno": 88, **fields}


# An event with the value in one place; text stands where only text can.
ANY_PLACES: dict[str, Callable[[Any], dict[str, Any]]] = {
    "extra": lambda value: {"extra": {"seen": value}},
    "context": lambda value: {"contexts": {"checkout": {"seen": value}}},
    "body": lambda value: {"request": {"url": "https://x.example.com/", "data": value}},
    "frame vars": lambda value: {
        "exception": {"values": [{"type": "E", "value": "x", "stacktrace": {"frames": [_frame(vars={"seen": value})]}}]}
    },
    "breadcrumb data": lambda value: {"breadcrumbs": {"values": [{"category": "x", "data": {"seen": value}}]}},
    "breadcrumb list": lambda value: {"breadcrumbs": [{"category": "x", "data": {"seen": value}}]},
    "span data": lambda value: {"spans": [{"span_id": "b0e6f15b45c36b12", "op": "x", "data": {"seen": value}}]},
    "trace data": lambda value: {"contexts": {"trace": {"op": "x", "data": {"seen": value}}}},
    "log attribute": lambda value: {"body": "x", "attributes": {"seen": {"value": value, "type": "string"}}},
    "mechanism": lambda value: {"exception": {"values": [{"type": "E", "mechanism": {"data": {"seen": value}}}]}},
    "unknown field": lambda value: {"unheard_of": [{"seen": value}]},
}
TEXT_PLACES: dict[str, Callable[[Any], dict[str, Any]]] = {
    "message": lambda value: {"message": value},
    "exception value": lambda value: {"exception": {"values": [{"type": "E", "value": value}]}},
    "breadcrumb message": lambda value: {"breadcrumbs": {"values": [{"message": value}]}},
    "formatted": lambda value: {"logentry": {"message": "said %s", "params": [value], "formatted": f"said {value}"}},
    "span description": lambda value: {"spans": [{"op": "x", "description": value}]},
    "tag": lambda value: {"tags": {"seen": value}},
    "tag pair": lambda value: {"tags": [["seen", value]]},
    "log body": lambda value: {"body": value, "attributes": {}},
    "metric attribute": lambda value: {"name": "x", "type": "counter", "attributes": {"seen": value}},
}


def placed(value: Any) -> st.SearchStrategy[dict[str, Any]]:
    places = {**ANY_PLACES, **TEXT_PLACES} if isinstance(value, str) else ANY_PLACES
    return st.sampled_from(sorted(places)).map(lambda name: places[name](value))
