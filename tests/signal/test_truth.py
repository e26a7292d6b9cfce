"""The simulator measures what it says: the truth is the truth, and every kind of mistake is seen."""

from dataclasses import replace
from typing import Any

import pytest

from alerting.outbox.message import Kind, Notice
from alerting.rules.model import Window
from tests.signal.arrivals import Readable
from tests.signal.drive import Run, Told
from tests.signal.history import HOUR, Error, History, NewType, ProjectHistory, Traffic, moment
from tests.signal.score import Score, score
from tests.signal.true_breaches import Facts, breaches

BURST = 1000.0


def history(**changes: Any) -> History:
    """Eleven errors at once, in two hours."""
    errors = [Error(BURST + number, BURST + number + 25) for number in range(11)]
    return History(2 * HOUR, [ProjectHistory("1", "shop", errors=errors, **changes)])


def notice(kind: Kind, at: float, start: float = BURST - 100) -> Told:
    window = Window(moment(start), moment(start + 300))
    texts = {"headline": "", "sentence": "", "severity": "high", "at": moment(at).isoformat()}
    return Told(
        at,
        "slack",
        Notice(
            kind,
            "key",
            **texts,
            rule="critical_errors",
            project="shop",
            window_start=window.start.isoformat(),
            window_end=window.end.isoformat(),
            reason="recovered" if kind is Kind.RESOLVED else "",
        ),
    )


def figures(*told: Told, of: History | None = None) -> Score:
    return score(of or history(), Run(told=list(told)))


FIRST, RESOLVED = notice(Kind.FIRST, BURST + 45), notice(Kind.RESOLVED, BURST + 600)


def test_a_count_is_broken_from_its_eleventh_error_until_only_ten_are_left_in_a_window() -> None:
    found = breaches(history(), Facts(history().projects[0]), "critical_errors")
    assert [(each.start, each.end, each.readable, each.sure) for each in found] == [
        (BURST + 10, BURST + 300, BURST + 35, True)
    ]


def test_ten_errors_are_no_breach() -> None:
    ten = ProjectHistory("1", "shop", errors=history().projects[0].errors[:10])
    assert breaches(History(HOUR, [ten]), Facts(ten), "critical_errors") == []


def test_a_rate_is_broken_only_where_enough_transactions_are_stored() -> None:
    def shop(total: int) -> ProjectHistory:
        traffic = [Traffic(at, at, total, 0, total, 0) for at in range(0, 1800, 30)]
        return ProjectHistory("1", "shop", errors=history().projects[0].errors, traffic=traffic)

    assert breaches(History(HOUR, [shop(10)]), Facts(shop(10)), "error_rate")
    assert not breaches(History(HOUR, [shop(4)]), Facts(shop(4)), "error_rate")
    assert not breaches(History(HOUR, [shop(60)]), Facts(shop(60)), "error_rate")


def test_what_was_told_once_and_resolved_once_is_without_fault() -> None:
    found = figures(FIRST, RESOLVED)
    assert found.incidents == 1
    assert (found.missed, found.false, found.late, found.repeats, found.resolved_while_broken) == ([], [], [], [], [])
    assert found.detection == {"critical_errors": [35.0]}
    assert found.reset == {"critical_errors": [300.0]}


def test_silence_is_seen_as_missed() -> None:
    assert len(figures().missed) == 1


def test_a_notice_about_a_window_that_was_fine_is_false() -> None:
    assert len(figures(FIRST, RESOLVED, notice(Kind.FIRST, 3000, start=2700)).false) == 1


def test_a_notice_long_after_it_could_be_read_is_late() -> None:
    assert len(figures(replace(FIRST, at=BURST + 400)).late) == 1


def test_a_second_opening_is_a_repeat() -> None:
    assert len(figures(FIRST, replace(FIRST, at=BURST + 60)).repeats) == 1


def test_what_was_over_before_the_open_one_began_is_no_repeat_and_more_of_the_open_one_is() -> None:
    def late(start: float, end: float) -> Told:
        told = notice(Kind.LATE, BURST + 60, start)
        about = {"first_error_at": moment(start).isoformat(), "resolved_at": moment(end).isoformat()}
        return replace(told, notice=replace(told.notice, **about))

    assert figures(FIRST, late(100, 400), RESOLVED).repeats == []
    assert figures(FIRST, late(100, 400), RESOLVED).reset == {"critical_errors": [300.0]}
    assert len(figures(FIRST, late(900, BURST + 400), RESOLVED).repeats) == 1
    assert len(figures(late(100, 400), late(200, 500)).repeats) == 1


def test_resolved_while_it_goes_on_is_seen() -> None:
    assert len(figures(FIRST, notice(Kind.RESOLVED, BURST + 250)).resolved_while_broken) == 1


def test_resolved_is_no_word_for_a_project_that_is_gone() -> None:
    assert len(figures(FIRST, RESOLVED, of=history(deleted=BURST + 500)).resolved_while_broken) == 1


def test_a_fourth_end_within_two_hours_is_flapping() -> None:
    ends = [told for turn in range(4) for told in (FIRST, replace(RESOLVED, at=RESOLVED.at + 900 * turn))]
    found = figures(*ends)
    assert (found.most_pairs, len(found.flapping)) == (4, 1)


def test_a_reminder_without_transactions_is_seen() -> None:
    reminder = notice(Kind.REMINDER, 5000)
    about_rate = replace(reminder, notice=replace(reminder.notice, rule="error_rate"))
    assert len(figures(FIRST, RESOLVED, about_rate).unjudged_reminders) == 1


@pytest.mark.parametrize(("level", "mistake"), [("error", "missed"), ("info", "false")])
def test_new_types_are_to_be_told_at_the_levels_of_errors_only(level: str, mistake: str) -> None:
    new = NewType("7", 500, 525, level)
    told = (
        () if level == "error" else (replace(FIRST, notice=replace(FIRST.notice, rule="new_issue", issue={"id": "7"})),)
    )
    found = figures(FIRST, RESOLVED, *told, of=history(types=[new]))
    assert len(getattr(found, mistake)) == 1


def test_only_what_has_arrived_can_be_read() -> None:
    readable = Readable(history().projects[0])
    readable.go_on(BURST + 30)
    assert len(readable.between(BURST, BURST + 300)) == 6
    readable.go_on(BURST + 35)
    assert len(readable.between(BURST, BURST + 300)) == 11
    assert len(readable.between(BURST + 1, BURST + 10)) == 9
