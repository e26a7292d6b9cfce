"""The benchmarks measure what they say: short runs of those that need a whole service, with every tick good."""

from typing import Any

import pytest

from tests.benchmarks import breadcrumbs, capture, latency, startup, ticks
from tests.sentry.sdk import fresh_sdk

__all__ = ["fresh_sdk"]


@pytest.mark.django_db(transaction=True)
def test_ticks_are_good_and_cost_at_most_five_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ticks, "TICKS", 8)
    label, active, _mean, most, *_ = ticks._row(10, 0.0)
    assert (label, active) == ("10", "3")
    assert int(most) <= 5


@pytest.mark.flow
def test_latency_is_measured_through_real_processes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(latency, "SPIKES", 1)
    latency.main()
    printed = " ".join(capsys.readouterr().out.split())
    assert "1 spikes: median" in printed and "worker (4 children)" in printed


@pytest.mark.parametrize("table", [breadcrumbs, capture, startup])
def test_the_sdk_package_is_measured_beside_the_sdk(
    fresh_sdk: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], table: Any
) -> None:
    monkeypatch.setattr(table, "TURNS", 2)
    table.main()
    printed = capsys.readouterr().out
    assert "promised" in printed and "held" in printed.lower()
