"""`alerting explain`: every decision is told in words."""

import pytest

from alerting.commands.explain import WORDS
from alerting.incidents.lifecycle import Why


@pytest.mark.parametrize("reason", [*Why, "found_late", "no_good_reading", "sight_regained"])
def test_every_reason_has_words_of_its_own(reason: str) -> None:
    assert WORDS.get(reason, reason) != reason
    assert list(WORDS.values()).count(WORDS[reason]) == 1
