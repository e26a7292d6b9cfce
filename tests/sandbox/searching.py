"""Searches as `events/` understands them: `key:value`, `key:[a,b]`, `!key:value`, AND, OR and parentheses. Pure.

AND binds more strongly than OR and may be left out, as in getsentry/sentry's grammar (`api/event_search`).
"""

import re
from collections.abc import Callable
from typing import Any

from tests.sandbox.params import ApiError, values

WORD = re.compile(r'[()]|(?:"[^"]*"|\[[^\]]*\]|\w\(\)|[^\s()"\[])+')
TERM = re.compile(r"(!?)([A-Za-z_.]+):(.+)", re.DOTALL)

Test = Callable[[Any], bool]


def matcher(query: str, column: Callable[[str], Callable[[Any], object]]) -> Test:
    """Whether something matches a search; `column` gives what a key stands for, and refuses keys it does not know."""
    words = WORD.findall(query)
    return _Reader(words, column).all() if words else lambda _: True


class _Reader:
    """Reads a search from left to right, an alternative at a time."""

    def __init__(self, words: list[str], column: Callable[[str], Callable[[Any], object]]) -> None:
        self._words = words
        self._column = column

    def all(self) -> Test:
        found: Test = self._either()
        if self._words:
            raise _unmatched(self._words[0])
        return found

    def _either(self) -> Test:
        tests: list[Test] = [self._every()]
        while self._words and self._words[0].upper() == "OR":
            self._words.pop(0)
            tests.append(self._every())
        return lambda one: any(test(one) for test in tests)

    def _every(self) -> Test:
        tests: list[Test] = []
        while self._words and self._words[0] != ")" and self._words[0].upper() != "OR":
            word = self._words.pop(0)
            if word.upper() != "AND":
                tests.append(self._within() if word == "(" else self._term(word))
        if not tests:
            raise _unmatched(self._words[0] if self._words else "the end")
        return lambda one: all(test(one) for test in tests)

    def _within(self) -> Test:
        found: Test = self._either()
        if not self._words:
            raise _unmatched("(")
        self._words.pop(0)
        return found

    def _term(self, word: str) -> Test:
        found = TERM.fullmatch(word)
        if found is None:
            raise ApiError(400, f"Invalid query. The sandbox cannot search for {word!r}.")
        negated, value = bool(found[1]), self._column(found[2])
        wanted = values(found[3].strip('"'))
        return lambda one: (str(value(one)) in wanted) is not negated


def _unmatched(word: str) -> ApiError:
    hint = "This is commonly caused by unmatched parentheses. Enclose any text in double quotes."
    return ApiError(400, f"Parse error at {word!r}. {hint}")
