"""Every rule row by the examples that stand beside it."""

import re

import pytest

from alerting.sentry.scrub import Scrubber
from alerting.sentry.scrub.rules import Rule, example, figures, rows

MARKER = "[Filtered]"
every = pytest.mark.parametrize("rule", rows(), ids=lambda rule: rule.id)


def cuts(rule: Rule, text: str) -> list[str]:
    """What is left at each place where this rule cut something."""
    return [left for _, known, left in Scrubber().explain(text) if known == rule.id]


@every
def test_each_hit_loses_its_secret_by_this_rule(rule: Rule) -> None:
    for hit in rule.hits:
        text = example(hit)
        kept = re.findall(r"\S*<\+>\S*", hit)
        assert kept, "an example shows where its secret is by <+>"
        others = Scrubber(without=ids_but(rule))
        assert text != others(text), f"{rule.id} does not see {text!r}"
        assert not others.failures
        middle = re.escape(hit.partition("<+>")[0][-2:]) + re.escape(hit.partition("<+>")[2][:2])
        assert not re.search(middle, others(text)), others(text)


@every
def test_each_miss_stays_as_it_is(rule: Rule) -> None:
    assert rule.misses
    for miss in rule.misses:
        assert not cuts(rule, example(miss)), miss


@every
def test_each_row_says_where_it_comes_from(rule: Rule) -> None:
    assert rule.hits and rule.source and (rule.keywords or rule in figures.RULES)
    assert all(keyword == keyword.lower() for keyword in rule.keywords)


def ids_but(rule: Rule) -> list[str]:
    return [one.id for one in rows() if one.id != rule.id] + ["named"]


def test_no_id_stands_twice() -> None:
    ids = [rule.id for rule in rows()]
    assert len(ids) == len(set(ids))
