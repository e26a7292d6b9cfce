"""What counts as an error: the search that finds it, and the level of an issue."""

from datetime import UTC, datetime

import pytest

from alerting.rules import levels
from alerting.rules.model import Issue, Project


@pytest.mark.parametrize(
    ("level", "counted", "with_warnings"),
    [("fatal", True, True), ("error", True, True), ("warning", False, True), ("info", False, False)],
)
def test_an_issue_counts_at_the_configured_levels_only(level: str, counted: bool, with_warnings: bool) -> None:
    issue = Issue("1", "SHOP-1", "E", "", level, "", datetime(2026, 1, 1, tzinfo=UTC), Project("1", "shop"))
    assert levels.counts(issue, ("error", "fatal")) is counted
    assert levels.counts(issue, ("error", "fatal", "warning")) is with_warnings


@pytest.mark.parametrize("level", ["", "grave"])
def test_a_level_nobody_knows_is_an_error(level: str) -> None:
    issue = Issue("1", "SHOP-1", "E", "", level, "", datetime(2026, 1, 1, tzinfo=UTC), Project("1", "shop"))
    assert levels.counts(issue, ("error", "fatal"))
    assert not levels.counts(issue, ("fatal",))
