"""The scrubber against generated events: any secret, under any spelling, in any wrapping, in any place."""

import copy
import json
import string
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from alerting.sentry.scrub import Scrubber, scrub_event
from tests.sentry.corpus import texts
from tests.sentry.variants import (
    BLANK_ENDED,
    DELIMITED,
    HARD_PASSWORDS,
    KEYS,
    LETTERS,
    PLAIN_PASSWORDS,
    RECOGNISED,
    TEXT_PLACES,
    Wrapping,
    cards,
    mail_addresses,
    placed,
    text_of,
    vendor_tokens,
)

MARKER = "[Filtered]"
# Generated without a deadline: two cores are shared by many tests. pytest's own limit ends what hangs.
many = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.function_scoped_fixture],
)
WORDS = st.sampled_from(["refused", "then", "for merchant 12", "(again)", "at noon", "from idp", "ok"])


def apart(event: Any) -> Any:
    """The scrubbed event without the remarks about what is gone, which say how long it was."""
    return {name: held for name, held in scrub_event(event, {}).items() if name != "_meta"}


def left(event: Any, *secrets: str) -> list[str]:
    """Texts of the scrubbed event in which a secret can still be read."""
    after = scrub_event(event, {})
    return [text for text in [*texts(after), str(after)] if any(secret in text for secret in secrets)]


@pytest.mark.parametrize("wrapping", DELIMITED, ids=lambda wrapping: wrapping.name)
@many
@given(data=st.data(), key=KEYS, secret=HARD_PASSWORDS)
def test_a_secret_under_its_key_goes_however_it_is_wrapped(
    wrapping: Wrapping, data: st.DataObject, key: str, secret: str
) -> None:
    event = data.draw(placed(wrapping.wrap(key, secret)))
    assert not left(event, *wrapping.written(secret))


@pytest.mark.parametrize("wrapping", BLANK_ENDED, ids=lambda wrapping: wrapping.name)
@many
@given(data=st.data(), key=KEYS, secret=PLAIN_PASSWORDS)
def test_a_secret_in_prose_goes_up_to_the_next_blank(
    wrapping: Wrapping, data: st.DataObject, key: str, secret: str
) -> None:
    event = data.draw(placed(wrapping.wrap(key, secret)))
    assert not left(event, secret)


@pytest.mark.parametrize("kind", sorted(RECOGNISED))
@many
@given(data=st.data(), before=WORDS, after=WORDS)
def test_what_is_a_secret_by_its_looks_goes_wherever_it_stands(
    kind: str, data: st.DataObject, before: str, after: str
) -> None:
    secret = data.draw(RECOGNISED[kind])
    around = data.draw(
        st.sampled_from(
            [
                " {} ",
                " '{}' ",
                ": {}, ",
                " ({}) ",
                ' "{}" ',
                " <{}> ",
                "\n{}\n",
                " {}; ",
                "\\n{}\\n",
                "\x1b[31m{}\x1b[0m",
            ]
        )
    )
    event = data.draw(placed(before + around.format(secret) + after))
    assert not left(event, secret)
    scrubbed = "\n".join(texts(scrub_event(event, {})))
    assert before in scrubbed
    assert after in scrubbed


@many
@given(first=vendor_tokens(), second=vendor_tokens(), place=st.sampled_from(sorted(TEXT_PLACES)))
def test_texts_that_differ_by_their_token_only_become_equal(first: str, second: str, place: str) -> None:
    make = TEXT_PLACES[place]
    assert apart(make(f"got {first} twice")) == apart(make(f"got {second} twice"))


@pytest.mark.parametrize("kind", ["card", "e-mail", "IP", "SSN", "JWT"])
@many
@given(data=st.data())
def test_texts_that_differ_by_a_recognised_value_only_become_equal(kind: str, data: st.DataObject) -> None:
    first, second = data.draw(RECOGNISED[kind]), data.draw(RECOGNISED[kind])
    assert apart({"message": f"got {first} twice"}) == apart({"message": f"got {second} twice"})


@many
@given(first=PLAIN_PASSWORDS, second=PLAIN_PASSWORDS, key=KEYS)
def test_texts_that_differ_by_a_named_value_only_become_equal(first: str, second: str, key: str) -> None:
    scrubbed = [scrub_event({"message": f"refused {key}={value} host=db1"}, {}) for value in (first, second)]
    assert scrubbed[0]["message"] == scrubbed[1]["message"] == f"refused {key}={MARKER} host=db1"


IDENTIFIERS = st.one_of(
    st.text(string.ascii_letters + "_.:<>/", min_size=1, max_size=30),
    st.sampled_from(["refresh_token", "auth.sessions", "token=x", "password: y", "Bearer", "django_session"]),
    vendor_tokens(),
    cards(),
    mail_addresses(),
)


@many
@given(names=st.lists(IDENTIFIERS, min_size=8, max_size=8), line=st.integers(0, 10**16))
def test_what_decides_the_group_stays_whatever_it_looks_like(names: list[str], line: int) -> None:
    frame = {"function": names[0], "module": names[1], "filename": names[2], "lineno": line}
    event = {
        "event_id": names[3],
        "fingerprint": ["{{ default }}", names[4]],
        "release": names[5],
        "exception": {"values": [{"type": names[6], "module": names[7], "stacktrace": {"frames": [frame]}}]},
        "logentry": {"message": "password=%s for %(user)s"},
        "contexts": {"trace": {"trace_id": names[3], "span_id": names[4], "parent_span_id": names[5]}},
    }
    assert scrub_event(copy.deepcopy(event), {}) == event


HARMLESS_KEYS = st.sampled_from(
    (
        "author keyboard className businessName token_count max-tokens passengerName compass password_changed_at "
        "PASSWORD_MIN_LENGTH auth.method tokenType isAuthenticated cardinality sessionDuration footprint opinion "
        "secretary assessment tokenizer Monkey-Patched note"
    ).split()
)


@st.composite
def harmless_values(draw: st.DrawFn) -> Any:
    number = draw(st.integers(0, 10**12))
    when = f"2026-{draw(st.integers(1, 12)):02d}-{draw(st.integers(1, 28)):02d}"
    small = [draw(st.integers(0, 255)) for _ in range(3)]
    makers = [
        number,
        draw(st.floats(allow_nan=False, width=32)),
        1763889247000 + number % 10**9,
        when,
        f"{when}T09:14:07.{number % 10**6:06d}Z",
        str(draw(st.uuids(version=4))),
        ".".join(["10", *map(str, small)]),
        ".".join(["192", "168", *map(str, small[:2])]),
        f"v{small[0]}.{small[1]}.{small[2]}",
        f"shop@{small[0]}.{small[1]}.{small[2]}",
        f"celery@worker-{small[0]}",
        f"order {small[0]:04d}-{small[1]:04d}",
        "".join(draw(st.lists(st.sampled_from("0123456789abcdef"), min_size=40, max_size=40))),
        "std::" + "::".join(draw(st.lists(st.sampled_from(["vector", "string", "map"]), min_size=1, max_size=3))),
        f"took 00:{small[0] % 60:02d}:{small[1] % 60:02d}",
        draw(st.sampled_from(["red boots", "Ulm", "utf-8", "leave at door", "GET /orders/", "", None, True])),
    ]
    return draw(st.sampled_from(makers))


@settings(many, max_examples=200)
@given(data=st.data(), key=HARMLESS_KEYS, value=harmless_values())
def test_what_only_looks_like_a_secret_stays(data: st.DataObject, key: str, value: Any) -> None:
    wrapped = data.draw(
        st.sampled_from([{key: value}, [[{key: value}]], json.dumps({key: value}), f"{key}={value}", f"{key}: {value}"])
    )
    # A sha1 in hex can hold a run of digits that passes for nothing; as a bare value it is compared like the rest.
    event = data.draw(placed(wrapped))
    assert scrub_event(copy.deepcopy(event), {}) == event


ANY_KEYS = st.one_of(
    KEYS,
    HARMLESS_KEYS,
    st.text(max_size=8),
    st.sampled_from(["request", "headers", "cookies", "query_string", "data", "env", "user", "extra", "tags", "spans"]),
    st.sampled_from(["exception", "values", "stacktrace", "frames", "vars", "breadcrumbs", "logentry", "params"]),
    st.sampled_from(["message", "formatted", "contexts", "trace", "attributes", "body", "url", "mechanism", "threads"]),
)
ANY_TEXT = st.one_of(
    st.text(max_size=40),
    st.text(LETTERS + "=&:;,'\"{}[]()<>@/\\.%+- \n", max_size=60),
    st.builds("{}={}".format, KEYS, HARD_PASSWORDS),
    st.builds("{}: {} {}".format, KEYS, HARD_PASSWORDS, text_of(LETTERS, 5)),
    *RECOGNISED.values(),
)
ANY_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), ANY_TEXT),
    lambda held: st.one_of(
        st.lists(held, max_size=4), st.dictionaries(ANY_KEYS, held, max_size=4), st.tuples(held, held)
    ),
    max_leaves=12,
)


@settings(many, max_examples=200)
@given(event=st.dictionaries(ANY_KEYS, ANY_JSON, max_size=5))
def test_any_event_is_answered_with_the_same_shape_and_left_alone(event: dict[str, Any]) -> None:
    before = copy.deepcopy(event)
    after = apart(event)
    assert repr(event) == repr(before), "the event given was changed"
    before.pop("_meta", None)
    assert_same_keys(before, after)


@settings(many, max_examples=200)
@given(event=st.dictionaries(ANY_KEYS, ANY_JSON, max_size=5))
@example(event={"author": "A_Token: 00:0<0"})
def test_scrubbing_twice_changes_nothing_more(event: dict[str, Any]) -> None:
    once = apart(event)
    assert repr(apart(once)) == repr(once)


def assert_same_keys(before: Any, after: Any) -> None:
    """Mappings keep their number of keys and sequences their length, all the way down."""
    if isinstance(before, dict):
        assert isinstance(after, dict)
        assert len(after) == len(before)
        for held, scrubbed in zip(before.values(), after.values(), strict=True):
            assert_same_keys(held, scrubbed)
    elif isinstance(before, list | tuple):
        assert isinstance(after, list | tuple)
        assert len(after) == len(before)
        for held, scrubbed in zip(before, after, strict=True):
            assert_same_keys(held, scrubbed)


@many
@given(key=text_of(string.ascii_lowercase, 9), value=PLAIN_PASSWORDS, number=text_of(string.digits, 6))
def test_an_application_adds_its_own_in_one_line(key: str, value: str, number: str) -> None:
    assume(scrub_event({"extra": {key: value}}, {})["extra"][key] != MARKER)
    scrub = Scrubber(extra_keys=[key], extra_patterns=[r"EMP-\d{6}"], allow=["session_id"])
    event = {"extra": {key: value, "session_id": "s-1", "note": f"who EMP-{number} is", "said": f"{key}={value} x"}}
    after = scrub(event, {})
    assert after["extra"] == {
        key: MARKER,
        "session_id": "s-1",
        "note": f"who {MARKER} is",
        "said": f"{key}={MARKER} x",
    }


def test_the_lenient_tier_leaves_addresses_in_text_and_nothing_else() -> None:
    lenient = Scrubber(strict=False)
    event = {"message": "mail jo@example.org from 81.2.69.142 password=q7lenient card 4111 1111 1111 1111"}
    after = lenient(event, {})["message"]
    assert after == f"mail jo@example.org from 81.2.69.142 password={MARKER} card {MARKER}"
    assert lenient({"user": {"id": 1, "email": "jo@example.org"}}, {})["user"] == {"id": 1, "email": MARKER}
