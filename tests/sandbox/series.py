"""Series over time: the `events-timeseries/` endpoint, in milliseconds, saying which buckets are not complete yet."""

import math
from collections.abc import Mapping
from typing import Any

from starlette.exceptions import HTTPException

from tests.sandbox import explore
from tests.sandbox.explore import Happened
from tests.sandbox.params import Params, Period, seconds
from tests.sandbox.store import Project, Store

# A bucket whose end is not at least this long ago may still grow (getsentry/sentry, api/endpoints/timeseries).
INGESTION_SECONDS = 90
MOST_GROUPS = 10
MOST_POINTS = 10_000


def answer(
    params: Params,
    store: Store,
    dataset: str,
    projects: Mapping[int, Project],
    environments: frozenset[str],
    period: Period,
    now: float,
) -> dict[str, Any]:
    """The whole body: one entry for each project and axis, the busiest projects first."""
    axes, groups, top = params.getlist("yAxis") or ["count()"], params.getlist("groupBy"), _top(params)
    if not groups:
        raise HTTPException(400, "groupBy is a required parameter when doing topEvents")
    interval = seconds(params.get("interval") or "")
    if not interval:
        raise HTTPException(400, "The sandbox answers questions with an interval.")
    start, end = math.floor(period.start / interval) * interval, math.ceil(period.end / interval) * interval
    if (end - start) / interval > MOST_POINTS:
        raise HTTPException(400, "Your interval and date range would create too many results.")
    happened = explore.happened(params, store, dataset, projects, environments, Period(start, end))
    totals = explore.grouped(happened, projects, dataset, groups)
    keys = sorted(totals, key=lambda key: -totals[key].count)[:top]
    buckets: dict[tuple[Any, ...], dict[int, list[Happened]]] = {key: {} for key in keys}
    for one in happened:
        key = tuple(explore.COLUMNS[name][1](one, projects) for name in groups)
        if key in buckets:
            buckets[key].setdefault(int((one.at - start) // interval), []).append(one)
    return {
        "meta": {"dataset": dataset, "start": start * 1000.0, "end": end * 1000.0},
        "timeSeries": [
            {
                "yAxis": axis,
                "groupBy": [{"key": name, "value": value} for name, value in zip(groups, key, strict=True)],
                "values": _values(buckets[key], projects, dataset, axis, range(start, end, interval), now),
                "meta": {
                    "order": order,
                    "isOther": False,
                    "valueType": explore.aggregate(axis, dataset).type,
                    "valueUnit": explore.aggregate(axis, dataset).unit,
                    "interval": interval * 1000,
                },
            }
            for order, key in enumerate(keys)
            for axis in axes
        ],
    }


def _values(
    buckets: Mapping[int, list[Happened]],
    projects: Mapping[int, Project],
    dataset: str,
    axis: str,
    moments: range,
    now: float,
) -> list[dict[str, Any]]:
    function = explore.aggregate(axis, dataset)
    found = []
    for number, moment in enumerate(moments):
        sums = explore.grouped(buckets.get(number, []), projects, dataset, []).get((), explore.Sums())
        value: dict[str, Any] = {
            "timestamp": moment * 1000.0,
            "value": function.of(sums) or 0,
            "incomplete": moment + moments.step >= now - INGESTION_SECONDS,
        }
        if value["incomplete"]:
            value["incompleteReason"] = "INCOMPLETE_BUCKET"
        found.append(value)
    return found


def _top(params: Params) -> int:
    text = params.get("topEvents") or ""
    if not text.lstrip("-").isdecimal():
        raise HTTPException(400, "topEvents must be an integer")
    if int(text) > MOST_GROUPS:
        raise HTTPException(400, f"Can only get up to {MOST_GROUPS} top events")
    if int(text) < 1:
        raise HTTPException(400, "topEvents needs to be at least 1")
    return int(text)
