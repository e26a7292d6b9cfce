"""`alerting explain`: every decision is told in words."""

import pytest

from alerting import reasons
from alerting.incidents.lifecycle import Why


@pytest.mark.parametrize("reason", [*Why, "found_late", "no_good_reading", "sight_regained"])
def test_every_reason_has_words_of_its_own(reason: str) -> None:
    assert reasons.decided(reason) != reason
    assert [words.decided for words in reasons.WORDS.values()].count(reasons.decided(reason)) == 1
