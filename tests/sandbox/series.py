"""Series over time: the `events-timeseries/` endpoint, in milliseconds, saying which buckets are not complete yet."""

import math
from collections.abc import Mapping
from typing import Any

from tests.sandbox import explore
from tests.sandbox.explore import Happened
from tests.sandbox.params import ApiError, Params, Period, seconds
from tests.sandbox.store import Project, Store

# A bucket whose end is not at least this long ago may still grow (getsentry/sentry, api/endpoints/timeseries).
INGESTION_SECONDS = 90
MOST_GROUPS = 10
MOST_POINTS = 10_000
# Range from → interval, in seconds (getsentry/sentry, utils/dates).
DEFAULT_INTERVALS = ((60 * 86_400, 86_400), (30 * 86_400, 4 * 3600), (86_400 + 1, 3600), (3600 + 1, 300), (0, 900))


def answer(
    params: Params,
    store: Store,
    dataset: str,
    projects: Mapping[int, Project],
    environments: frozenset[str],
    period: Period,
    now: float,
) -> dict[str, Any]:
    """The whole body: one entry for each group and axis, the busiest groups first."""
    axes, groups, top = params.all("yAxis") or ["count()"], params.all("groupBy"), _top(params)
    if top and not groups:
        raise ApiError(400, "groupBy is a required parameter when doing topEvents")
    if "timestamp" in groups:
        raise ApiError(400, "Cannot group by timestamp")
    interval = _interval(params, period)
    start, end = math.floor(period.start / interval) * interval, math.ceil(period.end / interval) * interval
    if (end - start) / interval > MOST_POINTS:
        raise ApiError(400, "Your interval and date range would create too many results.")
    matches = explore.keep(params.one("query") or "", projects)
    happened = [
        one
        for one in _happened(store, dataset, start, end)
        if one.project in projects and (not environments or one.environment in environments) and matches(one)
    ]
    columns = groups if top else []
    totals = explore.grouped(happened, projects, dataset, columns)
    keys = sorted(totals, key=lambda key: -totals[key].count)[: top or 1] or ([] if columns else [()])
    buckets: dict[tuple[Any, ...], dict[int, list[Happened]]] = {key: {} for key in keys}
    for one in happened:
        key = tuple(explore.COLUMNS[name][1](one, projects) for name in columns)
        if key in buckets:
            buckets[key].setdefault(int((one.at - start) // interval), []).append(one)
    return {
        "meta": {"dataset": dataset, "start": start * 1000.0, "end": end * 1000.0},
        "timeSeries": [
            {
                "yAxis": axis,
                **({"groupBy": _group(columns, key)} if columns else {}),
                "values": _values(buckets[key], projects, dataset, axis, start, end, interval, now),
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
    start: int,
    end: int,
    interval: int,
    now: float,
) -> list[dict[str, Any]]:
    function = explore.aggregate(axis, dataset)
    found = []
    for number, moment in enumerate(range(start, end, interval)):
        sums = explore.grouped(buckets.get(number, []), projects, dataset, []).get((), explore.Sums())
        value: dict[str, Any] = {
            "timestamp": moment * 1000.0,
            "value": function.of(sums) or 0,
            "incomplete": moment + interval >= now - INGESTION_SECONDS,
        }
        if value["incomplete"]:
            value["incompleteReason"] = "INCOMPLETE_BUCKET"
        found.append(value)
    return found


def _happened(store: Store, dataset: str, start: float, end: float) -> list[Happened]:
    found: list[Happened] = []
    if dataset in explore.ERROR_DATASETS:
        found += store.errors.between(start, end)
    if dataset in explore.DURATIONS:
        found += store.transactions.between(start, end)
    return found


def _group(columns: list[str], key: tuple[Any, ...]) -> list[dict[str, Any]]:
    return [{"key": name, "value": value} for name, value in zip(columns, key, strict=True)]


def _top(params: Params) -> int:
    text = params.one("topEvents")
    if text is None:
        return 0
    if not text.lstrip("-").isdecimal():
        raise ApiError(400, "topEvents must be an integer")
    if int(text) > MOST_GROUPS:
        raise ApiError(400, f"Can only get up to {MOST_GROUPS} top events")
    if int(text) < 1:
        raise ApiError(400, "topEvents needs to be at least 1")
    return int(text)


def _interval(params: Params, period: Period) -> int:
    text, length = params.one("interval"), period.end - period.start
    found = seconds(text) if text else None
    return found or next(interval for longer, interval in DEFAULT_INTERVALS if length >= longer)
