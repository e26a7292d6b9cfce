"""The scrubber as a guest: whatever it is given, it answers, raises nothing and leaves it alone."""

import json
import threading
from collections import OrderedDict, UserDict, defaultdict, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from pathlib import PurePosixPath
from typing import Any, NamedTuple

import pytest

from alerting.sentry.scrub import Scrubber, scrub_event
from tests.support.cases import failing

SECRET = "q7n3verSeen"


class Colour(Enum):
    RED = "password=" + SECRET


class Pair(NamedTuple):
    user: str
    password: str


@dataclass
class Account:
    user: str
    password: str


class Refuses:
    """Whatever is asked of it raises."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)

    def __repr__(self) -> str:
        raise RuntimeError("no repr for you")

    __str__ = __repr__
    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("no comparing")


class BrokenMapping(Mapping[str, Any]):
    def __getitem__(self, key: str) -> Any:
        raise RuntimeError(key)

    def __iter__(self) -> Iterator[str]:
        raise RuntimeError("no keys")

    def __len__(self) -> int:
        return 3


class SlyText(str):
    """A str whose methods are not str's."""

    __slots__ = ()

    def __str__(self) -> str:
        return "password=" + SECRET


ODD: dict[str, Any] = {
    "bytes": b"password=" + SECRET.encode(),
    "bytearray": bytearray(b"password=" + SECRET.encode()),
    "memoryview": memoryview(b"password=" + SECRET.encode()),
    "set": {"password=" + SECRET},
    "frozenset": frozenset({"token=" + SECRET}),
    "tuple": (("password", SECRET), 2),
    "named tuple": Pair("mara", "password=" + SECRET),
    "dataclass": Account("mara", SECRET),
    "enum": Colour.RED,
    "deque": deque(["password=" + SECRET]),
    "user dict": UserDict({"password": SECRET}),
    "ordered dict": OrderedDict(password=SECRET),
    "default dict": defaultdict(str, password=SECRET),
    "exception": ValueError("password=" + SECRET),
    "path": PurePosixPath("/x?token=" + SECRET),
    "NaN": float("nan"),
    "infinity": float("inf"),
    "decimal": Decimal("1.5"),
    "complex": 1j,
    "huge integer": 10**5_000,
    "negative huge integer": -(10**5_000),
    "generator": (letter for letter in "password"),
    "lambda": lambda: SECRET,
    "class": Refuses,
    "module": json,
    "ellipsis": ...,
    "sly text": SlyText("hello"),
    "lone surrogate": "password=\ud800" + SECRET,
    "bad utf-8": b"\xff\xfepassword=" + SECRET.encode(),
    "non-string keys": {1: "a", None: "b", (1, 2): "c", b"password": SECRET, 1.5: "d"},
}


@pytest.mark.parametrize("value", ODD.values(), ids=list(ODD))
def test_odd_types_neither_raise_nor_leak(value: Any) -> None:
    event = {"message": "kept", "extra": {"seen": value, "list": [value], "password": value}, "odd": value}
    after = scrub_event(event, {})
    assert after["message"] == "kept"
    assert set(after["extra"]) == {"seen", "list", "password"}
    assert SECRET not in repr_of(after)


@pytest.mark.parametrize("value", [Refuses(), BrokenMapping(), {Refuses(): 1}], ids=["object", "mapping", "key"])
def test_what_refuses_to_be_read_costs_its_part_of_the_event_only(value: Any) -> None:
    event = {"message": "kept", "tags": {"a": "b"}, "extra": {"seen": value, "password": SECRET}}
    after = scrub_event(event, {})
    assert (after["message"], after["tags"]) == ("kept", {"a": "b"})
    assert "extra" in after
    assert SECRET not in repr_of(after)


def test_an_integer_too_long_to_be_written_does_not_cost_the_event() -> None:
    after = scrub_event({"message": "kept", "extra": {"n": 10**5_000, "list": [-(10**5_000)], "m": 10**40}}, {})
    assert json.loads(json.dumps(after)) == after
    assert (after["message"], after["extra"]["m"]) == ("kept", 10**40)


def repr_of(held: Any) -> str:
    """Like repr, for containers whose members may refuse it."""
    if isinstance(held, dict):
        return " ".join(repr_of(key) + repr_of(value) for key, value in held.items())
    if isinstance(held, list | tuple | set | frozenset):
        return " ".join(map(repr_of, held))
    try:
        return f"{held!r} {held}"
    except (RuntimeError, ValueError):  # an integer of more than 4,300 digits has no text
        return type(held).__name__


SECTIONS = ["request", "user", "extra", "contexts", "tags", "exception", "threads", "breadcrumbs", "spans", "logentry"]
SECTIONS += ["message", "transaction", "attributes", "items", "fingerprint", "modules", "sdk", "stacktrace", "_meta"]


@pytest.mark.parametrize(
    "odd",
    [None, True, 7, 1.5, "", "text", [], {}, [None], [[]], [[[]]], {"values": None}, {"values": [None, 3, "x", []]}],
    ids=repr,
)
def test_a_section_of_the_wrong_type_is_taken_as_it_comes(odd: Any) -> None:
    def check(section: str) -> None:
        after = scrub_event({section: odd, "extra2": {"password": SECRET}}, {})
        assert [name for name in after if name != "_meta" or section == "_meta"] == [section, "extra2"]
        assert SECRET not in str(after)

    assert failing(check, SECTIONS) == {}


@pytest.mark.parametrize("hint", [None, {}, {"exc_info": (ValueError, ValueError("x"), None)}, "odd"])
def test_any_hint_will_do(hint: Any) -> None:
    assert scrub_event({}, hint) == {}
    assert scrub_event({"message": "password=" + SECRET}, hint)["message"] == "password=[Filtered]"


def test_nothing_of_the_answer_is_shared_with_what_was_given() -> None:
    event = {"extra": {"a": [1, {"b": "c"}], "password": "x9"}, "tags": [["a", "b"]]}
    after = scrub_event(event, {})
    after["extra"]["a"][1]["b"] = "changed"
    after["tags"][0][1] = "changed"
    assert event == {"extra": {"a": [1, {"b": "c"}], "password": "x9"}, "tags": [["a", "b"]]}


def test_lines_of_source_are_not_shared_with_what_was_given() -> None:
    lines = ["x = 1", "y = 2"]
    event = {"exception": {"values": [{"stacktrace": {"frames": [{"pre_context": lines, "lineno": 3}]}}]}}
    scrub_event(event)["exception"]["values"][0]["stacktrace"]["frames"][0]["pre_context"].clear()
    assert lines == ["x = 1", "y = 2"]


@pytest.mark.parametrize("field", ["type", "category", "level", "timestamp", "event_id"])
def test_what_stands_in_a_plain_breadcrumb_instead_of_a_word_is_read(field: str) -> None:
    crumb = {"type": "log", "category": "shop", "message": "ok", "data": {}, field: {"password": SECRET}}
    event = {"breadcrumbs": {"values": [crumb]}}
    assert SECRET not in str([scrub_event(event), scrub_event(event)])


def test_a_password_of_letters_goes_in_a_list_of_pairs_and_names_stay_in_a_list() -> None:
    held = {"form": [["page", "two"], ["password", "correcthorse"]], "fields": ["password", "email"]}
    left = [["page", "two"], ["password", "[Filtered]"]]
    assert scrub_event({"extra": held})["extra"] == {"form": left, "fields": ["password", "email"]}


@pytest.mark.parametrize(
    ("shown", "left"),
    [
        ("{'credentials': {'a': {'k': 'zz'}, 'b': 'x9y8'}, 'n': 1}", "{'credentials': {[Filtered]}, 'n': 1}"),
        ("auth=('ada', 'hu)]nter2'), n=1", "auth=([Filtered]), n=1"),
    ],
)
def test_a_bracket_under_a_secrets_name_goes_up_to_its_own_end(shown: str, left: str) -> None:
    assert scrub_event({"message": shown})["message"] == left


def test_texts_that_take_too_much_work_cost_no_frame_its_form() -> None:
    frames = [{"function": f"f{at}", "vars": {"x": f"token {at} of password={at} " * 60}} for at in range(200)]
    after = scrub_event({"exception": {"values": [{"stacktrace": {"frames": frames}}]}})
    left = after["exception"]["values"][0]["stacktrace"]["frames"]
    assert [frame["function"] for frame in left] == [frame["function"] for frame in frames]
    assert left[-1]["vars"] == {"x": "[Filtered]"}


def test_threads_can_share_one_scrubber() -> None:
    scrub, wrong = Scrubber(), []

    def work(number: int) -> None:
        for turn in range(200):
            secret = f"q7{number}x{turn}"
            after = scrub({"message": f"password={secret} n={turn}", "extra": {"token": secret}}, {})
            if (after["message"], after["extra"]) != (f"password=[Filtered] n={turn}", {"token": "[Filtered]"}):
                wrong.append(after)

    workers = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not wrong


@pytest.mark.parametrize("pattern", ["(", "[", "*"])
def test_a_pattern_that_is_none_is_refused_where_it_is_written(pattern: str) -> None:
    with pytest.raises(ValueError, match="pattern"):
        Scrubber(extra_patterns=[pattern])


def test_who_curl_is_to_be_goes_out_of_a_list_of_arguments() -> None:
    argv = ["curl", "-u", "svc:hunter2x", "https://api.example.com/"]
    assert scrub_event({"extra": {"argv": argv}}, {})["extra"]["argv"] == [*argv[:2], "[Filtered]", argv[3]]
