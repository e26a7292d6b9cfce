"""What stands behind a notice: the most frequent errors of its window, and how the last hour went.

Asked at low priority, once for a batch of notices; whoever asks goes without what is not answered in time.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from alerting.errors import SourceError, SourceFault
from alerting.http.exchange import Params
from alerting.outbox.message import TopError
from alerting.poll import rows
from alerting.poll.client import Errand
from alerting.poll.datasets import COUNT, VARIANTS
from alerting.poll.organisation import DAY_SECONDS, PAGE_SIZE
from alerting.poll.replies import garbled, number
from alerting.poll.rows import UnreadableError
from alerting.poll.sentry import SentrySource, period
from alerting.rules import levels
from alerting.rules.answers import Measure, Priority
from alerting.rules.kind import Axis
from alerting.rules.model import Window
from alerting.rules.units import stamp

PER_PROJECT = 3
MOST_GROUPS = 10
TIMESERIES, STATS = "events-timeseries", "events-stats"
LACKING = frozenset({SourceFault.NOT_FOUND, SourceFault.NO_ENDPOINT, SourceFault.BAD_REQUEST})
SERIES_FACT = "series"

Points = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Background:
    """Questions beside the readings, to the same server, narrowed to the same environments."""

    source: SentrySource

    def errand(self, seconds: float) -> Errand:
        """An errand for a whole batch."""
        return Errand(Priority.LOW, time.monotonic() + seconds)

    def top_errors(
        self, window: Window, project_ids: Sequence[str], errand: Errand
    ) -> Mapping[str, tuple[TopError, ...]]:
        """By project id, the most frequent errors of the window, counted inside it. One request; raises SourceError."""
        params: Params = (
            ("query", levels.query(self.source.levels)),
            ("sort", "freq"),
            ("limit", str(PAGE_SIZE)),
            ("collapse", "filtered"),
            *period(window),
            *(("project", each) for each in project_ids),
            *self.source.environment_params(),
        )
        page = self.source.organisation.get("issues", params, errand)
        found: dict[str, list[TopError]] = {}
        for record in rows.records(page.data if isinstance(page.data, list) else None, "issues"):
            try:
                issue = rows.issue(record)
            except UnreadableError:
                continue
            count = _count(record.get("count"))
            if count > 0 and rows.is_error(record) and issue.project.id in project_ids:
                top = TopError(
                    title=issue.title,
                    culprit=issue.culprit,
                    count=count,
                    first_seen=stamp(issue.first_seen),
                    link=issue.permalink,
                    release=_release(record.get("firstRelease")),
                )
                found.setdefault(issue.project.id, []).append(top)
        for errors in found.values():
            errors.sort(key=lambda error: (-error.count, error.title))
        return {each: tuple(errors[:PER_PROJECT]) for each, errors in found.items()}

    def series(
        self, axis: Axis, window: Window, seconds: int, project_ids: Sequence[str], errand: Errand
    ) -> Mapping[str, Points]:
        """By project slug, (epoch seconds, value) for each interval; raises SourceError.

        The window begins and ends on whole intervals. Projects without a point had nothing.
        """
        dataset, query, field, factor = self._words(axis)
        facts = self.source.organisation.facts
        common: Params = (
            ("dataset", dataset),
            ("query", query),
            ("yAxis", field),
            ("topEvents", str(MOST_GROUPS)),
            ("excludeOther", "1"),
            ("interval", f"{seconds // 60}m"),
            *period(window),
            *(("project", each) for each in project_ids[:MOST_GROUPS]),
            *self.source.environment_params(),
        )
        if facts.get(SERIES_FACT, DAY_SECONDS) != STATS:
            try:
                page = self.source.organisation.get(TIMESERIES, (("groupBy", "project"), *common), errand)
            except SourceError as error:
                if error.fault not in LACKING:
                    raise
                facts.put(SERIES_FACT, STATS)
            else:
                return _scaled(_timeseries(page.data), factor)
        stats: Params = (("field", "project"), ("field", field), ("partial", "1"), *common)
        return _scaled(_stats(self.source.organisation.get(STATS, stats, errand).data), factor)

    def _words(self, axis: Axis) -> tuple[str, str, str, float]:
        """Dataset, search, field and what values have to be multiplied by, as this server understands them."""
        if axis is Axis.ERRORS:
            variant = self.source.known(Measure.ERRORS)
            return variant.dataset if variant else "errors", levels.query(self.source.levels), COUNT, 1.0
        variant = self.source.known(Measure.PERFORMANCE) or VARIANTS[Measure.PERFORMANCE][0]
        if axis is Axis.P95_MS:
            return variant.dataset, variant.query, variant.p95, 1.0
        return variant.dataset, variant.query, COUNT, self.source.scale(variant)


def _timeseries(data: Any) -> dict[str, list[tuple[float, float]]]:
    """The newer endpoint: one entry for each group, in milliseconds."""
    entries = data.get("timeSeries") if isinstance(data, dict) else None
    if not isinstance(entries, list):
        raise garbled(TIMESERIES, "it has no list of series.")
    found = {}
    for entry in entries:
        group = entry.get("groupBy") if isinstance(entry, dict) else None
        values = entry.get("values") if isinstance(entry, dict) else None
        if not (isinstance(group, list) and group and isinstance(group[0], dict) and isinstance(values, list)):
            continue
        points = ((each.get("timestamp"), each.get("value")) for each in values if isinstance(each, dict))
        found[rows.text(group[0].get("value"))] = [(at / 1000, value) for at, value in _numbers(points)]
    return found


def _stats(data: Any) -> dict[str, list[tuple[float, float]]]:
    """The older endpoint: one key for each group, in seconds; without groups it had no rows."""
    if not isinstance(data, dict):
        raise garbled(STATS, "it has no series.")
    if isinstance(data.get("data"), list):
        return {}
    found = {}
    for name, group in data.items():
        buckets = group.get("data") if isinstance(group, dict) else None
        if isinstance(buckets, list) and name != "Other":
            found[rows.text(name)] = list(_numbers(_bucket(each) for each in buckets))
    return found


def _bucket(bucket: Any) -> tuple[Any, Any]:
    """`[seconds, [{"count": value}]]`, whatever the field is called."""
    try:
        return bucket[0], bucket[1][0]["count"]
    except (TypeError, LookupError):
        return None, None


def _numbers(points: Iterable[tuple[Any, Any]]) -> Iterable[tuple[float, float]]:
    for at, value in points:
        moment, amount = number(at), number(value)
        if moment is not None and amount is not None:
            yield moment, amount


def _scaled(found: Mapping[str, Points], factor: float) -> Mapping[str, Points]:
    return {slug: [(at, value * factor) for at, value in points] for slug, points in found.items()}


def _count(value: object) -> int:
    """Issues carry their count as text."""
    return int(value) if isinstance(value, str) and value.isdecimal() and len(value) < 16 else round(number(value) or 0)


def _release(release: object) -> str:
    version = release.get("version") if isinstance(release, dict) else release
    return rows.scrubbed(rows.text(version)[: rows.SLUG_LENGTH])
