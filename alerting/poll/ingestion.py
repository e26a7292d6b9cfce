"""Whether Sentry's ingestion is behind, and what is then not judged: nothing recovers and no ratio is right. Pure.

It shows where events keep coming into blocks that counted as settled; where other projects that usually send are all
silent; where Sentry has accepted more than can be read; where a window's transactions stop before its end.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from alerting.poll import traffic
from alerting.poll.past import Arrived, Past
from alerting.rules.answers import Answer, Measure, Priority, Question
from alerting.rules.model import Key, Outcome, Reason, Trust, Verdict, Window
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
LATE_LATELY = "its transactions were late until a moment ago"
# Where the usual traffic is not known: what is over so many times the threshold is so without a hole, too.
MOST_BY_A_HOLE = 2.0


@dataclass(frozen=True, slots=True)
class Behind:
    """Why ingestion is thought to be behind, by project id; `silence` by the id of the only project heard lately."""

    projects: Mapping[str, str] = field(default_factory=dict)
    everywhere: str = ""
    silent_but_for: Mapping[str, str] = field(default_factory=dict)

    def doubt(self, verdict: Verdict) -> str:
        """Why late events would change this verdict; empty where they would not, or ingestion is not behind."""
        if verdict.rule.kind.needs_transactions:
            may_change = verdict.reading.trust in {Trust.VALUE, Trust.NO_DATA}
        else:
            may_change = verdict.outcome is Outcome.CLEAR
        project = verdict.reading.project.id
        why = self.everywhere or self.projects.get(project, "") or self.silent_but_for.get(project, "")
        return why if may_change else ""


def late_projects(arrivals: Sequence[Arrived], now: datetime) -> dict[str, str]:
    """Projects of which most of what came lately belongs into blocks that had been judged."""
    late: Counter[str] = Counter()
    fresh: Counter[str] = Counter()
    for each in arrivals:
        if now - each.at <= LATE_FOR:
            late.update(each.late)
            fresh.update(each.fresh)
    return {
        project: f"{count} of the {count + fresh[project]} errors that came in the last minutes were late"
        for project, count in late.items()
        if count >= FEWEST_LATE and count >= LATE_SHARE * (count + fresh[project])
    }


def behind(past: Past, answers: Sequence[Answer], now: datetime) -> Behind:
    """Where ingestion is behind, by what looking back has found and by this tick's answers."""
    late = late_projects(past.arrivals, now)
    held = {key: why for key, why in late.items() if now - past.late_since.get(key, now) <= LONGEST_LATE}
    newest = _newest(answers)
    if newest is None:
        return Behind(held)
    everywhere = _silence(past.usual, newest, "", now)
    # Whichever other project were left out, the newest of the rest would be the newest of all.
    last = max(newest, key=lambda each: newest[each], default="")
    silent = _silence(past.usual, newest, last, now) if last else ""
    if not everywhere and len(held) >= FEWEST_LATE and 2 * len(held) >= len(held.keys() | newest):
        everywhere = f"events of {len(held)} projects keep coming in late"
    return Behind(held, everywhere, {last: silent} if silent else {})


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
    others = [share for project, share in usual.items() if project != left_out and share > 0]
    heard = [at for project, at in newest.items() if project != left_out]
    length = now - max(heard) if heard else timedelta(minutes=5)
    minutes = min(length, LONGEST_SILENCE).total_seconds() / 60
    if minutes < 1:
        return ""
    silent = [(1 - min(share, 0.99)) ** minutes for share in others]
    if sum(1 - each for each in silent) < FEWEST_EXPECTED or math.prod(silent) > UNLIKELY:
        return ""
    return f"no error of any other project is younger than {span(length.total_seconds())}, which is unusual"


def hold(verdicts: Iterable[Verdict], doubt: Callable[[Verdict], str]) -> list[Verdict]:
    """The verdicts, as not known where there is a doubt: why, as the rest of a sentence, empty where there is none."""
    return [held(each, why) if (why := doubt(each)) else each for each in verdicts]


def held(verdict: Verdict, why: str) -> Verdict:
    """The verdict, as not known for this reason."""
    said = f"Not judged, for Sentry's ingestion is behind: {why}."
    return replace(_not_known(verdict, Reason.INGESTION_BEHIND, said), why=why)


def _unasked(verdict: Verdict) -> Verdict:
    said = "Not judged: whether Sentry's ingestion is behind has still to be asked."
    return _not_known(verdict, Reason.INGESTION_UNKNOWN, said)


def _not_known(verdict: Verdict, reason: Reason, said: str) -> Verdict:
    reading = replace(verdict.reading, note=f"{verdict.reading.note} {said}".strip())
    return replace(verdict, reading=reading, outcome=Outcome.UNKNOWN, reason=reason)


def may_end(verdict: Verdict) -> bool:
    """Whether it could end an incident."""
    return verdict.outcome is Outcome.CLEAR or verdict.reason in {Reason.TOO_FEW_TRANSACTIONS, Reason.NO_TRANSACTIONS}


def hold_ends(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Without all that could end something: what has to be asked before an end is told has not been asked yet."""
    return [_unasked(each) if may_end(each) else each for each in verdicts]


def hold_where_traffic_stopped(verdicts: Iterable[Verdict], why: str) -> list[Verdict]:
    """Without all that could end something, where the transactions of most projects have stopped at once."""
    return hold(verdicts, lambda each: why if may_end(each) else "")


def hold_after_an_outage(
    verdicts: Iterable[Verdict], open_now: Collection[Key], usual: Mapping[str, float], back: datetime
) -> list[Verdict]:
    """Without what is about to be told of windows that reach into an outage that was over at `back`, and that usual
    traffic would carry under the threshold: what was sent meanwhile is ingested over the minutes after it."""

    def doubt(each: Verdict) -> str:
        may_lack = each.reading.window.start < back and traffic.may_be_incomplete(each, usual)
        is_news = each.rule.kind.needs_transactions and each.key not in open_now
        return "its transactions from an outage may still be coming in" if is_news and may_lack else ""

    return hold(verdicts, doubt)


def ends_missing(verdicts: Iterable[Verdict]) -> dict[str, datetime]:
    """By project id: until when its transactions were found to be late."""
    return {each.reading.project.id: each.reading.window.end for each in verdicts if each.why == END_MISSING}


def hold_around_lag(
    verdicts: Iterable[Verdict], open_now: Collection[Key], late: Mapping[str, datetime], usual: Mapping[str, float]
) -> list[Verdict]:
    """Without what is about to be told, or to end, by windows that hold a moment up to which transactions were late:
    those that are punctual again come in before the last late ones do. A window as full as usual is judged."""
    everywhere = late.get(traffic.EVERYWHERE)

    def doubt(each: Verdict) -> str:
        start = each.reading.window.start
        until = max((at for at in (everywhere, late.get(each.reading.project.id)) if at is not None), default=start)
        if until <= start or not each.rule.kind.needs_transactions:
            return ""
        if each.key in open_now:
            return LATE_LATELY if may_end(each) and not traffic.is_full(each, usual) else ""
        return LATE_LATELY if _may_be_a_hole(each, usual) else ""

    return hold(verdicts, doubt)


def _may_be_a_hole(verdict: Verdict, usual: Mapping[str, float]) -> bool:
    """Whether it is over the threshold only because transactions are missing, as far as is known."""
    if verdict.reading.project.id in usual:
        return traffic.may_be_incomplete(verdict, usual, enough=1.0)
    is_rate = verdict.outcome is Outcome.BREACHED and verdict.rule.kind.is_ratio
    return is_rate and (verdict.reading.value or 0.0) <= MOST_BY_A_HOLE * verdict.rule.threshold


def tails(verdicts: Iterable[Verdict], open_now: Collection[Key]) -> list[Question]:
    """The end of each window in which a ratio or percentile is about to be told: is it as full as the rest?"""
    found: dict[Window, set[str]] = defaultdict(set)
    for verdict in verdicts:
        if _is_over(verdict) and verdict.key not in open_now:
            found[_tail(verdict.reading.window)].add(verdict.reading.project.id)
    return [
        Question(Measure.PERFORMANCE, window, Priority.HIGH, settled=True, project_ids=tuple(sorted(ids)[:100]))
        for window, ids in found.items()
    ]


def hold_where_the_end_is_missing(
    verdicts: Iterable[Verdict], asked: Sequence[Answer], not_asked: Sequence[Question]
) -> list[Verdict]:
    """Without those whose window ends before its transactions are in, or where there was no room to ask for that."""
    read = {
        answer.question.window: {project.id: row.transactions or 0 for project, row in answer.rows.items()}
        for answer in asked
        if answer.trust is Trust.VALUE
    }
    questions = [*(answer.question for answer in asked), *not_asked]
    wanted = {(question.window, each) for question in questions for each in question.project_ids}

    def looked_at(verdict: Verdict) -> Verdict:
        tail, project = _tail(verdict.reading.window), verdict.reading.project.id
        if (tail, project) not in wanted or not _is_over(verdict):
            return verdict
        if tail not in read:
            return _unasked(verdict)
        return held(verdict, END_MISSING) if _is_missing(verdict, read[tail].get(project, 0)) else verdict

    return [looked_at(verdict) for verdict in verdicts]


def _is_over(verdict: Verdict) -> bool:
    return verdict.rule.kind.needs_transactions and verdict.outcome is Outcome.BREACHED


def _tail(window: Window) -> Window:
    return Window(window.end - timedelta(seconds=max(1, int(window.seconds) // TAIL_SHARE)), window.end)


def _is_missing(verdict: Verdict, in_tail: int) -> bool:
    """Whether the tail is too empty for the rest, and the ratio would not be over the threshold if it were not."""
    sample = verdict.reading.sample or 0
    tail = _tail(verdict.reading.window).seconds / verdict.reading.window.seconds
    usual = (sample - in_tail) / (1 - tail)
    expected = usual * tail
    if expected < FEWEST_IN_TAIL or in_tail >= THIN_TAIL * expected or in_tail > expected - 3 * expected**0.5:
        return False
    if in_tail <= EMPTY_TAIL * expected or not verdict.rule.kind.is_ratio:
        return True
    return verdict.reading.detail.get("errors", 0.0) / usual <= verdict.rule.threshold


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

    def doubt(each: Verdict) -> str:
        count = missing.get(each.reading.project.id, 0)
        errors = each.reading.detail.get("errors", each.reading.value or 0.0)
        limit = each.rule.threshold * ((each.reading.sample or 0) if each.rule.kind.is_ratio else 1)
        is_undone = count >= FEWEST_LATE and each.outcome is Outcome.CLEAR and errors + count > limit
        return f"Sentry has accepted {count} errors of this project that cannot be read yet" if is_undone else ""

    return hold(verdicts, doubt)
