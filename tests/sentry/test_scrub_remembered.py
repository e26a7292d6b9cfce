"""What is left of a text with a secret is remembered for the next event, the secret is not."""

import gc
from types import FunctionType, ModuleType

import pytest

from alerting.sentry.scrub import Scrubber
from alerting.sentry.scrub.names import names_for
from alerting.sentry.scrub.texts import Texts
from alerting.sentry.scrub.work import Work

SECRET = "Zx9kLm27QwRt"
TEXT = f"no answer from postgres://svc:{SECRET}@db.example/shop"


def texts_held_by(root: object) -> list[str]:
    """Every text that can be reached from an object, bytes as Latin-1."""
    found: list[str] = []
    seen, waiting = {id(root)}, [root]
    while waiting:
        for each in gc.get_referents(waiting.pop()):
            if isinstance(each, str):
                found.append(each)
            elif isinstance(each, bytes):
                found.append(each.decode("latin-1"))
            elif id(each) not in seen and not isinstance(each, type | ModuleType | FunctionType):
                seen.add(id(each))
                waiting.append(each)
    return found


@pytest.mark.parametrize("text", [TEXT, f'{{"password": "{SECRET}"}}', f"Bearer {SECRET}0123456789abcdef0123"])
def test_the_same_text_is_cut_the_same_way_for_the_same_reason_and_no_secret_is_kept(text: str) -> None:
    scrubber = Scrubber()
    event = {"message": text, "extra": {"seen": text}}
    first = scrubber.explain(event), scrubber(event)
    assert SECRET not in str(first[1])
    assert (scrubber.explain(event), scrubber(event)) == first
    held = texts_held_by(scrubber)
    assert any("[Filtered]" in each for each in held), "what is left is"
    assert [each for each in held if SECRET in each] == []


def test_what_was_cut_only_for_want_of_work_is_read_when_it_comes_again() -> None:
    texts = Texts(names_for((), frozenset()), (), frozenset(), frozenset())
    short, whole = Work(), Work()
    short.left = 10
    assert texts.clean(TEXT, [], short, lambda value: value) == "[Filtered]"
    assert texts.clean(TEXT, [], whole, lambda value: value) == TEXT.replace(SECRET, "[Filtered]")


def test_json_that_was_too_deep_to_be_parsed_is_parsed_where_it_is_not() -> None:
    texts = Texts(names_for((), frozenset()), (), frozenset(), frozenset())
    given = f'{{"note": "password={SECRET}"}}'
    texts.clean(given, [], Work(), None)
    parsed: list[object] = []
    texts.clean(given, [], Work(), lambda value: parsed.append(value) or value)
    assert parsed == [{"note": f"password={SECRET}"}]
