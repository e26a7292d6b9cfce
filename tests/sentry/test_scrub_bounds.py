"""The scrubber is bounded: megabytes, depth, cycles and shared values are answered in time and let nothing out."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from alerting.sentry.scrub import MARKER, scrub_event
from tests.sentry.corpus import texts

MEGABYTE = 1_000_000
SECRET = "q7n3verSeen"
# Twenty seconds is some hundred times what a megabyte takes; a pattern that goes quadratic takes hours.
bounded = pytest.mark.timeout(20)


def repeated(unit: str) -> str:
    return (unit * (MEGABYTE // len(unit) + 1))[:MEGABYTE]


# Each unit feeds one kind of pattern: what opens it, what continues it, and never what would end it.
UNITS = {
    "letters": "a",
    "digits": "1",
    "card digits": "4111 ",
    "card dashes": "4-",
    "spaces": " ",
    "newlines": "\n",
    "equals": "=",
    "key words": "password=",
    "key words and blanks": "password = ",
    "colons": "password: ",
    "key names run together": "password",
    "keys with underscores": "db_password_",
    "camel case": "dbPassword",
    "question marks": "?a=b&",
    "ampersands": "&token",
    "percent signs": "%41",
    "double percent": "%2525",
    "opening braces": '{"a":',
    "opening brackets": "[",
    "parentheses": "(",
    "open tags": "<password>",
    "angles": "<",
    "attributes": '<a b="',
    "single quotes": "'",
    "double quotes": '"',
    "escaped quotes": '\\"',
    "backslashes": "\\",
    "doubled quotes": "''",
    "schemes": "https://",
    "userinfo": "redis://:a",
    "at-signs": "@",
    "addresses begun": "a@",
    "address dots": "a@b.",
    "dots": ".",
    "labels": "a.b",
    "quads": "1.2.",
    "quads whole": "93.184.216.34 ",
    "colons only": ":",
    "hex colons": "fe80:",
    "JWT heads": "eyJ",
    "JWT parts": "eyJhbGciOiJIUzI1NiJ9.",
    "PEM heads": "-----BEGIN PRIVATE KEY-----",
    "PEM begun": "-----BEGIN ",
    "dashes": "-",
    "bearer": "Bearer ",
    "bearer run": "Bearer Bearer",
    "authorization": "Authorization: Basic ",
    "IBAN heads": "DE89",
    "IBAN blanks": "DE89 3704 ",
    "SQL insert": "INSERT INTO t (password) VALUES ('",
    "SQL where": "WHERE password = '",
    "SQL rows": "('a', 'b'),",
    "SQL in": "token IN (",
    "vendor heads": "sk-",
    "vendor heads long": "sk-ant-",
    "multipart": '--b\r\nContent-Disposition: form-data; name="password"\r\n\r\n',
    "arguments": "--password ",
    "cookies": "sid=1; ",
    "object reprs": "<Client key=",
    "bytes": "b'",
    "markers": "[Filtered]",
    "lone surrogates": "\ud800",
    "wide characters": "密",
    "combining marks": "e\u0301",
    "zero width": "\u200b",
    "nulls": "\x00",
    "mixed": "a=b&c: 'd' \"e\" {f} [g] <h> i@j.k 1.2.3.4 ::1 ",
}
SLOTS: dict[str, Callable[[str], dict[str, Any]]] = {
    "message": lambda text: {"message": text},
    "query string": lambda text: {"request": {"query_string": text, "url": "https://x/?" + text, "cookies": text}},
    "body and header": lambda text: {"request": {"data": text, "headers": {"Cookie": text, "X-Other": text}}},
    "vars": lambda text: {"exception": {"values": [{"stacktrace": {"frames": [{"vars": {"x": text}}]}}]}},
    "source line": lambda text: {"exception": {"values": [{"stacktrace": {"frames": [{"context_line": text}]}}]}},
    "key": lambda text: {"extra": {text: 1}},
}


@bounded
@pytest.mark.parametrize("unit", UNITS.values(), ids=list(UNITS))
def test_a_megabyte_of_one_thing_is_scrubbed_in_bounded_time(unit: str) -> None:
    for slot in SLOTS.values():
        after = scrub_event({"event_id": "e" * 32, **slot(repeated(unit))}, {})
        assert after["event_id"] == "e" * 32


@bounded
@pytest.mark.parametrize("unit", UNITS.values(), ids=list(UNITS))
def test_a_secret_behind_a_megabyte_is_not_let_out(unit: str) -> None:
    after = scrub_event({"message": f"{repeated(unit)} {SECRET[:2]}\n password={SECRET} "}, {})
    assert not [text for text in texts(after) if SECRET in text]


@bounded
@pytest.mark.parametrize("text", ["x password=q7n3verSeen y", '{"a": {"password": "q7n3verSeen"}}'])
def test_many_small_texts_are_scrubbed_in_bounded_time(text: str) -> None:
    event = {"extra": {"lines": [f"{text} {number}" for number in range(20_000)]}}
    after = scrub_event(event, {})
    assert len(after["extra"]["lines"]) <= 20_000
    assert not [found for found in texts(after) if SECRET in found]


@bounded
@pytest.mark.parametrize("wrap", [lambda held: {"a": held}, lambda held: [held], lambda held: (held,)])
def test_a_thousand_levels_are_answered(wrap: Callable[[Any], Any]) -> None:
    held: Any = {"password": SECRET, "n": "token=" + SECRET}
    for _ in range(1_000):
        held = wrap(held)
    after = scrub_event({"event_id": "e" * 32, "message": "kept", "extra": {"deep": held}}, {})
    assert (after["event_id"], after["message"]) == ("e" * 32, "kept")
    json.dumps(after, default=repr)
    assert SECRET not in json.dumps(after, default=repr)


@bounded
def test_a_thousand_levels_of_json_in_a_text_are_answered() -> None:
    text = '{"a":' * 1_000 + f'{{"password": "{SECRET}"}}' + "}" * 1_000
    assert SECRET not in str(scrub_event({"message": text, "request": {"data": text}}, {}))


@bounded
def test_cycles_are_cut() -> None:
    loop: dict[str, Any] = {"password": SECRET, "name": "mara"}
    loop["self"] = loop
    ring: list[Any] = [loop, "token=" + SECRET]
    ring.append(ring)
    event = {"message": "kept", "extra": {"loop": loop, "ring": ring}}
    event["me"] = event
    after = scrub_event(event, {})
    assert after["message"] == "kept"
    assert SECRET not in json.dumps(after, default=repr)
    assert loop["self"] is loop


@bounded
def test_a_value_shared_by_many_branches_does_not_multiply() -> None:
    held: Any = {"password": SECRET}
    for _ in range(40):
        held = [held, held]  # 2^40 paths to one secret
    after = scrub_event({"message": "kept", "extra": {"shared": held}}, {})
    assert after["message"] == "kept"


def test_more_names_than_can_be_read_cost_what_holds_them_and_no_more() -> None:
    names = {f"load PRIVATE KEY from: {number}": "hunter2x" for number in range(10_000)}
    event = {
        "contexts": {"app": names},
        "extra": names,
        "exception": {"values": [{"type": "ValueError", "value": "no such order"}]},
        "level": "error",
    }
    cleaned = scrub_event(event)
    assert "hunter2x" not in str(cleaned) and "PRIVATE KEY from: 9999" not in str(cleaned)
    assert cleaned["contexts"]["app"] == MARKER and MARKER in cleaned["extra"]
    assert cleaned["exception"]["values"][0]["type"] == "ValueError"
    assert cleaned["level"] == "error"


def test_with_no_names_left_a_span_loses_the_field_and_no_more() -> None:
    names = {f"load PRIVATE KEY from: {number}": "hunter2x" for number in range(10_000)}
    span = {"op": "db", "span_id": "9f1c3a7b5d2e4f60", "unheard_of": "hunter2x"}
    after = scrub_event({"extra": names, "spans": [span]})["spans"]
    assert after == [{"op": "db", "span_id": "9f1c3a7b5d2e4f60", MARKER: MARKER}]


def test_of_more_items_than_any_sdk_sends_the_first_are_kept() -> None:
    crumbs = [{"message": f"step {number}"} for number in range(6_000)]
    cleaned = scrub_event({"breadcrumbs": {"values": crumbs}})["breadcrumbs"]["values"]
    assert (cleaned[0], cleaned[-1], len(cleaned)) == ({"message": "step 0"}, MARKER, 3_001)
