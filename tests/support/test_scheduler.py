"""Tests that wait are spread among those that compute, the same way in every worker."""

from dataclasses import dataclass

import pytest

from tests.support.scheduler import sendable, spread


@dataclass(frozen=True)
class Item:
    nodeid: str


def test_waiting_tests_are_spread_over_the_first_part_and_nothing_is_lost() -> None:
    waiting = [Item(f"tests/flow/test_stories.py::test_{number}") for number in range(5)]
    others = [Item(f"tests/rules/test_units.py::test_{number}") for number in range(20)]
    mixed = spread([*waiting, *others])
    assert sorted(mixed, key=lambda item: item.nodeid) == sorted([*waiting, *others], key=lambda item: item.nodeid)
    places = [mixed.index(item) for item in waiting]
    assert places == [0, 4, 8, 11, 15]
    assert [item for item in mixed if item in others] == others


def test_where_all_or_none_wait_the_order_stays() -> None:
    for name in ("tests/flow/x", "tests/rules/x"):
        items = [Item(f"{name}::{number}") for number in range(3)]
        assert spread(items) == items


@pytest.mark.xdist_group("together")
def test_a_group_has_its_name_where_the_controller_looks(request: pytest.FixtureRequest) -> None:
    if not getattr(request.config.option, "loadgroup", False):
        pytest.skip("one process only")
    assert request.node.nodeid.endswith("_looks@together")


def test_a_report_with_half_a_surrogate_pair_can_be_sent() -> None:
    sent = sendable({"sections": [("log", "lone \ud800"), ("out", "größer")], "duration": 0.5})
    assert sent == {"sections": [("log", "lone \\ud800"), ("out", "größer")], "duration": 0.5}
