"""Whether Sentry's ingestion is behind, and what is then not judged: nothing recovers and no ratio is right. Pure.

It shows where events keep coming into blocks that counted as settled; where other projects that usually send are all
silent; where Sentry has accepted more than can be read; where a window's transactions stop before its end.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from alerting.poll import traffic
from alerting.poll.past import Arrived
from alerting.rules.answers import Answer, Measure, Priority, Question
from alerting.rules.model import Outcome, Reason, Rule, Trust, Verdict, Window
from alerting.rules.units import span

# Half of what arrives is late: then the newest windows hold half of what happens at most.
LATE_SHARE = 0.5
FEWEST_LATE = 3
LATE_FOR = timedelta(minutes=5)
# A project whose clients always send late would never be judged again.
LONGEST_LATE = timedelta(hours=1)
# How unlikely the silence of all other projects must be, and how many of them should have been heard.
UNLIKELY = 1e-4
FEWEST_EXPECTED = 2.0
LONGEST_SILENCE = timedelta(hours=1)
TAIL_SHARE = 5
FEWEST_IN_TAIL = 5.0
EMPTY_TAIL = 0.1
THIN_TAIL = 0.6
END_MISSING = "its newest transactions are missing"


@dataclass(frozen=True, slots=True)
class Behind:
    """Why ingestion is thought to be behind, by project id; `silence` by the id of the only project heard lately."""

    projects: Mapping[str, str] = field(default_factory=dict)
    everywhere: str = ""
    silent_but_for: Mapping[str, str] = field(default_factory=dict)

    def of(self, project_id: str) -> str:
        return self.everywhere or self.projects.get(project_id, "") or self.silent_but_for.get(project_id, "")


def late_projects(arrivals: Sequence[Arrived], now: datetime) -> dict[str, str]:
    """Projects of which most of what came lately belongs into blocks that had been judged."""
    late: dict[str, int] = {}
    fresh: dict[str, int] = {}
    for each in arrivals:
        if now - each.at <= LATE_FOR:
            for counts, found in ((each.late, late), (each.fresh, fresh)):
                for project, count in counts.items():
                    found[project] = found.get(project, 0) + count
    return {
        project: f"{count} of the {count + fresh.get(project, 0)} errors that came in the last minutes were late"
        for project, count in late.items()
        if count >= FEWEST_LATE and count >= LATE_SHARE * (count + fresh.get(project, 0))
    }


def behind(
    late: Mapping[str, str],
    late_since: Mapping[str, str],
    usual: Mapping[str, float],
    answers: Sequence[Answer],
    now: datetime,
) -> Behind:
    """`usual` is in which share of minutes a project is heard of, `late_since` since when its arrivals are late."""
    held = {
        project: why
        for project, why in late.items()
        if now - datetime.fromisoformat(late_since.get(project, now.isoformat())) <= LONGEST_LATE
    }
    newest = _newest(answers)
    if newest is None:
        return Behind(held)
    everywhere = _silence(usual, newest, "", now)
    # Whichever other project were left out, the newest of the rest would be the newest of all.
    last = max(newest, key=lambda each: newest[each], default="")
    silent = {last: _silence(usual, newest, last, now)} if last else {}
    if not everywhere and len(held) >= FEWEST_LATE and 2 * len(held) >= len(held.keys() | newest):
        everywhere = f"events of {len(held)} projects keep coming in late"
    return Behind(held, everywhere, {project: why for project, why in silent.items() if why})


def _newest(answers: Sequence[Answer]) -> dict[str, datetime] | None:
    """When each project was heard of last, from the freshest count; None where the server does not tell."""
    for answer in answers:
        question = answer.question
        if question.measure is Measure.ERRORS and not question.settled and answer.trust is Trust.VALUE:
            told = {project.id: row.last_error_at for project, row in answer.rows.items()}
            if any(at is None for at in told.values()):
                return None
            return {project: at for project, at in told.items() if at is not None}
    return None


def _silence(usual: Mapping[str, float], newest: Mapping[str, datetime], left_out: str, now: datetime) -> str:
    """Why the silence of all projects but one is no chance; empty where it may be."""
    others = {project: share for project, share in usual.items() if project != left_out and share > 0}
    heard = [at for project, at in newest.items() if project != left_out]
    length = now - max(heard) if heard else timedelta(minutes=5)
    minutes = min(length, LONGEST_SILENCE).total_seconds() / 60
    if minutes < 1:
        return ""
    expected = sum(1 - (1 - min(share, 0.99)) ** minutes for share in others.values())
    chance = 1.0
    for share in others.values():
        chance *= (1 - min(share, 0.99)) ** minutes
    if expected < FEWEST_EXPECTED or chance > UNLIKELY:
        return ""
    return f"no error of any other project is younger than {span(length.total_seconds())}, which is unusual"


def hold(verdicts: Iterable[Verdict], found: Behind) -> list[Verdict]:
    """The verdicts, without those that late events would change."""
    return [
        held(verdict, why) if (why := found.of(verdict.reading.project.id)) and _may_change(verdict) else verdict
        for verdict in verdicts
    ]


def _may_change(verdict: Verdict) -> bool:
    if verdict.rule.kind.needs_transactions:
        return verdict.reading.trust in {Trust.VALUE, Trust.NO_DATA}
    return verdict.outcome is Outcome.CLEAR


def held(verdict: Verdict, why: str) -> Verdict:
    """The verdict, as not known for this reason."""
    note = f"{verdict.reading.note} Not judged, for Sentry's ingestion is behind: {why}.".strip()
    reading = replace(verdict.reading, note=note)
    return replace(verdict, reading=reading, outcome=Outcome.UNKNOWN, reason=Reason.INGESTION_BEHIND, why=why)


def _not_known(verdict: Verdict) -> Verdict:
    note = f"{verdict.reading.note} Not judged: whether Sentry's ingestion is behind has still to be asked.".strip()
    reading = replace(verdict.reading, note=note)
    return replace(verdict, reading=reading, outcome=Outcome.UNKNOWN, reason=Reason.INGESTION_UNKNOWN)


def hold_ends(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Without all that could end something: what has to be asked before an end is told has not been asked yet."""
    return [_not_known(each) if may_end(each) else each for each in verdicts]


def hold_where_traffic_stopped(verdicts: Iterable[Verdict], why: str) -> list[Verdict]:
    """Without all that could end something, where the transactions of most projects have stopped at once."""
    return [held(each, why) if why and may_end(each) else each for each in verdicts]


def may_end(verdict: Verdict) -> bool:
    """Whether it could end an incident."""
    return verdict.outcome is Outcome.CLEAR or verdict.reason in {Reason.TOO_FEW_TRANSACTIONS, Reason.NO_TRANSACTIONS}


def hold_after_an_outage(
    verdicts: Iterable[Verdict], open_now: Iterable[tuple[str, str]], usual: Mapping[str, float], back: datetime
) -> list[Verdict]:
    """Without what is about to be told of windows that reach into an outage that was over at `back`, and that usual
    traffic would carry under the threshold: what was sent meanwhile is ingested over the minutes after it."""
    known = set(open_now)
    return [
        held(verdict, "its transactions from an outage may still be coming in")
        if verdict.rule.kind.needs_transactions
        and (verdict.rule.name, verdict.reading.project.id) not in known
        and verdict.reading.window.start < back
        and traffic.may_be_incomplete(verdict, usual)
        else verdict
        for verdict in verdicts
    ]


def tails(verdicts: Iterable[Verdict], open_now: Iterable[tuple[str, str]]) -> list[Question]:
    """The end of each window in which a ratio or percentile is about to be told: is it as full as the rest?"""
    known = set(open_now)
    found: dict[Window, set[str]] = {}
    for verdict in verdicts:
        key = (verdict.rule.name, verdict.reading.project.id)
        if verdict.rule.kind.needs_transactions and verdict.outcome is Outcome.BREACHED and key not in known:
            found.setdefault(_tail(verdict.reading.window), set()).add(verdict.reading.project.id)
    return [
        Question(Measure.PERFORMANCE, window, Priority.HIGH, settled=True, project_ids=tuple(sorted(ids)[:100]))
        for window, ids in found.items()
    ]


def hold_where_the_end_is_missing(
    verdicts: Iterable[Verdict], asked: Sequence[Answer], not_asked: Iterable[Question]
) -> list[Verdict]:
    """Without those whose window ends before its transactions are in, or where there was no room to ask for that."""
    counts = {
        (answer.question.window, project.id): row.transactions or 0
        for answer in asked
        if answer.trust is Trust.VALUE
        for project, row in answer.rows.items()
    }
    known = {(answer.question.window, each) for answer in asked for each in answer.question.project_ids}
    unread = {answer.question.window for answer in asked if answer.trust is not Trust.VALUE}
    for question in not_asked:
        known |= {(question.window, each) for each in question.project_ids}
        unread.add(question.window)
    result: list[Verdict] = []
    for verdict in verdicts:
        key = (_tail(verdict.reading.window), verdict.reading.project.id)
        if key not in known or not verdict.rule.kind.needs_transactions or verdict.outcome is not Outcome.BREACHED:
            result.append(verdict)
        elif key[0] in unread:
            result.append(_not_known(verdict))
        elif _is_missing(verdict.rule, verdict, counts.get(key, 0)):
            result.append(held(verdict, END_MISSING))
        else:
            result.append(verdict)
    return result


def _tail(window: Window) -> Window:
    return Window(window.end - timedelta(seconds=max(1, int(window.seconds) // TAIL_SHARE)), window.end)


def _is_missing(rule: Rule, verdict: Verdict, in_tail: int) -> bool:
    """Whether the tail is too empty for the rest, and the ratio would not be over the threshold if it were not."""
    sample = verdict.reading.sample or 0
    tail = _tail(verdict.reading.window).seconds / verdict.reading.window.seconds
    usual = (sample - in_tail) / (1 - tail)
    expected = usual * tail
    if expected < FEWEST_IN_TAIL or in_tail >= THIN_TAIL * expected or in_tail > expected - 3 * expected**0.5:
        return False
    if in_tail <= EMPTY_TAIL * expected or not rule.kind.is_ratio:
        return True
    return verdict.reading.detail.get("errors", 0.0) / usual <= rule.threshold


def unreadable(answers: Sequence[Answer]) -> dict[str, int]:
    """By project id: error events that Sentry says it accepted in a window, and that cannot be read in it."""
    readable = next((each for each in answers if each.question.unfiltered and each.trust is Trust.VALUE), None)
    if readable is None:
        return {}
    window = readable.question.window
    told = (each for each in answers if each.question.measure is Measure.OUTCOMES and each.question.window == window)
    accepted = next((each for each in told if each.trust is Trust.VALUE), None)
    if accepted is None:
        return {}
    counts = {project.id: row.errors or 0 for project, row in readable.rows.items()}
    missing = {project.id: (row.accepted or 0) - counts.get(project.id, 0) for project, row in accepted.rows.items()}
    return {project: count for project, count in missing.items() if count > 0}


def hold_what_is_accepted(verdicts: Iterable[Verdict], missing: Mapping[str, int]) -> list[Verdict]:
    """Without recoveries that what was accepted, and is not readable yet, would undo."""
    result: list[Verdict] = []
    for verdict in verdicts:
        count = missing.get(verdict.reading.project.id, 0)
        errors = verdict.reading.detail.get("errors", verdict.reading.value or 0.0)
        limit = verdict.rule.threshold
        if verdict.rule.kind.is_ratio:
            limit *= verdict.reading.sample or 0
        if count >= FEWEST_LATE and verdict.outcome is Outcome.CLEAR and errors + count > limit:
            result.append(held(verdict, f"Sentry has accepted {count} errors of this project that cannot be read yet"))
        else:
            result.append(verdict)
    return result
