"""The examples that people look at and learn from: nothing in one contradicts itself, another one, or the service."""

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from urllib.parse import parse_qsl, urlsplit

import pytest

from alerting.examples.afternoon import AFTERNOON, CHECKOUT, COUNT, FIRST, REMINDER, RESOLVED, WORSE
from alerting.examples.every_kind import every_kind
from alerting.examples.happenings import clock
from alerting.incidents import topics
from alerting.incidents.lifecycle import Policy, advance_all
from alerting.incidents.standing import Standing
from alerting.notifiers import render
from alerting.outbox.message import Kind, Notice
from alerting.rules.evaluate import judge
from alerting.rules.model import Reading, Window
from alerting.rules.units import span

KINDS = every_kind()
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
COMPLETED = {Kind.FIRST, Kind.REMINDER, Kind.WORSE, Kind.FLAPPING}
TICK, SETTLE = timedelta(seconds=15), timedelta(seconds=120)
STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def number(text: str) -> float:
    """The first number of a value: errors, percent or milliseconds."""
    found = re.match(r"[\d.]+", text)
    assert found is not None, text
    return float(found[0])


def moment(stamp: str) -> datetime:
    return datetime.fromisoformat(stamp)


def named(condition: str) -> list[str]:
    """The examples that have all of these fields."""
    return [name for name, notice in KINDS.items() if all(getattr(notice, field) for field in condition.split())]


@pytest.mark.parametrize("name", named("peak value"))
def test_no_value_is_higher_than_its_peak(name: str) -> None:
    assert number(KINDS[name].value) <= number(KINDS[name].peak)


@pytest.mark.parametrize("name", named("window_start window_end"))
def test_the_window_is_the_one_in_the_headline(name: str) -> None:
    notice = KINDS[name]
    length = span((moment(notice.window_end) - moment(notice.window_start)).total_seconds())
    assert f" in {length}" in notice.headline or notice.kind is Kind.ENDED


@pytest.mark.parametrize("name", named("window_start link"))
def test_the_link_shows_the_window_and_the_project_of_the_notice(name: str) -> None:
    notice = KINDS[name]
    asked = dict(parse_qsl(urlsplit(notice.link).query, keep_blank_values=True))
    assert (f"{asked['start']}Z", f"{asked['end']}Z") == (notice.window_start, notice.window_end)
    assert asked["project"] == notice.project_id


def all_links() -> list[str]:
    lines = [line.link for notice in KINDS.values() for line in notice.lines]
    errors = [error.link for notice in KINDS.values() for error in notice.top_errors]
    return [link for link in (*(notice.link for notice in KINDS.values()), *lines, *errors) if link]


def test_no_link_asks_for_nothing() -> None:
    assert all_links() and not [link for link in all_links() if link.endswith("=")]


@pytest.mark.parametrize("name", KINDS)
def test_times_come_one_after_the_other(name: str) -> None:
    notice = KINDS[name]
    in_order = [notice.window_start, notice.first_error_at, notice.window_end, notice.at]
    life = [notice.opened_at, notice.resolved_at, notice.at]
    for times in (in_order, life, [notice.issue.get("first_seen", ""), notice.at]):
        known = [moment(stamp) for stamp in times if stamp]
        assert known == sorted(known)
    mentioned = [
        *STAMP.findall(f"{notice.sentence} {notice.headline}"),
        *(line.at for line in notice.lines),
        *(error.first_seen for error in notice.top_errors),
    ]
    assert all(moment(stamp) <= moment(notice.at) for stamp in mentioned)


@pytest.mark.parametrize("name", named("top_errors"))
def test_the_errors_named_are_among_those_counted_and_none_is_younger_than_its_window(name: str) -> None:
    notice = KINDS[name]
    assert 0 < sum(error.count for error in notice.top_errors) <= notice.errors
    assert all(moment(error.first_seen) <= moment(notice.window_end) for error in notice.top_errors)
    if "errors" in notice.value:
        assert notice.errors == number(notice.value)


@pytest.mark.parametrize("name", named("trend"))
def test_the_hour_drawn_ends_with_the_notice_and_near_its_value(name: str) -> None:
    notice = KINDS[name]
    assert notice.trend is not None
    written = moment(notice.trend.until)
    assert notice.kind is Kind.ESCALATED or timedelta() <= written - moment(notice.at) < timedelta(minutes=5)
    factor = 100 if "%" in notice.value else 1
    assert notice.trend.values[-1] * factor == pytest.approx(number(notice.value), rel=0.2)
    assert notice.trend.limit * factor == number(notice.threshold)
    assert max(notice.trend.values) * factor <= number(notice.peak) * 1.2


@pytest.mark.parametrize("name", [name for name, each in KINDS.items() if each.kind in COMPLETED and each.window_end])
def test_what_is_completed_in_earnest_is_complete_here(name: str) -> None:
    notice = KINDS[name]
    assert notice.trend is not None and (notice.top_errors or notice.rule == "p95_latency")


def test_one_incident_is_told_in_one_order_and_every_value_before_is_the_one_that_was_told() -> None:
    told = sorted((each for each in KINDS.values() if each.key == KINDS["firing"].key), key=lambda each: each.sequence)
    assert [each.kind for each in told] == [Kind.FIRST, Kind.WORSE, Kind.REMINDER, Kind.RESOLVED]
    for before, after in pairwise(told):
        assert before.at < after.at and before.sequence + 1 == after.sequence
        assert number(before.peak) <= number(after.peak)
        if after.kind is not Kind.RESOLVED:
            assert before.value in after.sentence
    assert told[-1].opened_at == told[0].at and len({each.opened_at for each in told}) == 1


def keys() -> dict[str, list[Notice]]:
    found: dict[str, list[Notice]] = {}
    for notice in KINDS.values():
        found.setdefault(notice.key, []).append(notice)
    return found


def test_an_incident_belongs_to_one_project_and_one_opening() -> None:
    for notices in keys().values():
        assert len({(each.project, each.rule if each.rule != "channel" else "") for each in notices}) == 1
        assert len({each.opened_at for each in notices if each.opened_at}) <= 1


def reading(now: datetime, *, settled: bool) -> Reading:
    end, grid = (now - SETTLE, 30) if settled else (now, 15)
    whole = datetime.fromtimestamp(end.timestamp() // grid * grid, UTC)
    seen = AFTERNOON.reading(Window.ending(whole, COUNT.window_seconds))
    return Reading(CHECKOUT, seen.environment, seen.window, seen.trust, seen.value, settled=settled)


def test_the_service_itself_would_tell_the_afternoon_so() -> None:
    policy = Policy(keep_firing=SETTLE, repeat=timedelta(hours=1))
    standing, told, now = Standing(), [], clock("11:10:11")
    while now < clock("14:30:00"):
        verdicts = [judge(COUNT, reading(now, settled=settled), now) for settled in (False, True)]
        for verdict, step in advance_all(standing, verdicts, policy):
            if step.tell is not None:
                told.append((step.tell, step.why, now, verdict.reading.window.end))
            standing = step.standing
        now += TICK
    assert told == [(each.kind, each.why, each.at, each.until) for each in (FIRST, WORSE, REMINDER, RESOLVED)]


@pytest.mark.parametrize("name", [name for name, notice in KINDS.items() if notice.kind is Kind.LATE])
def test_what_is_told_late_is_late(name: str) -> None:
    notice = KINDS[name]
    in_time = timedelta(seconds=COUNT.window_seconds) + SETTLE
    assert moment(notice.at) - moment(notice.first_error_at) > in_time
    assert moment(notice.at) - moment(notice.window_end) > in_time


def test_ingestion_was_behind_for_as_long_as_between_the_times_it_says() -> None:
    notice = KINDS["caught up"]
    since, until = STAMP.findall(notice.sentence)
    lasted = span((moment(until) - moment(since)).total_seconds())
    assert notice.value == f"behind for {lasted}"
    assert render.view(notice).subject.endswith(f"lasted {lasted}")


def test_what_sentry_drops_is_counted_once_in_the_body() -> None:
    told = render.as_text(render.view(KINDS["dropping"]))
    assert told.count("1240") == 1 and "1240 dropped error events of checkout, over the threshold of 0." in told
    assert "Value:" not in told


def test_what_sentry_drops_of_several_projects_is_counted_whole_and_of_each() -> None:
    words = topics.dropping([("shop", 8), ("blog", 3), *((f"p{each}", 1) for each in range(9))], "abuse", "prod", NOON)
    assert "20 dropped error events, 8 of shop, 3 of blog, 1 of p0" in words.sentence
    assert "p7" in words.sentence and "p8" not in words.sentence
    assert "1 dropped error event of shop" in topics.dropping([("shop", 1)], "abuse", "prod", NOON).sentence
