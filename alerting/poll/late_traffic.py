"""When transactions that were late are punctual again: what is not judged until the last late ones must be in. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from alerting.poll import traffic
from alerting.poll.ingestion import END_MISSING, held, may_end
from alerting.rules.model import Outcome, Verdict

LATE_LATELY = "its transactions were late until a moment ago"
# Where the usual traffic is not known: what is over so many times the threshold is so without a hole, too.
MOST_BY_A_HOLE = 2.0


def ends_missing(verdicts: Iterable[Verdict]) -> dict[str, datetime]:
    """By project id: until when its transactions were found to be late."""
    return {each.reading.project.id: each.reading.window.end for each in verdicts if each.why == END_MISSING}


def hold_around_lag(
    verdicts: Iterable[Verdict],
    open_now: Iterable[tuple[str, str]],
    late: Mapping[str, datetime],
    usual: Mapping[str, float],
) -> list[Verdict]:
    """Without what is about to be told, or to end, by windows that hold a moment up to which transactions were late:
    those that are punctual again come in before the last late ones do. A window as full as usual is judged."""
    known = set(open_now)
    everywhere = late.get(traffic.EVERYWHERE)
    result: list[Verdict] = []
    for each in verdicts:
        project, start = each.reading.project.id, each.reading.window.start
        until = max((at for at in (everywhere, late.get(project)) if at is not None), default=start)
        if until <= start or not each.rule.kind.needs_transactions:
            result.append(each)
        elif (each.rule.name, project) in known:
            is_doubtful = may_end(each) and not traffic.is_full(each, usual)
            result.append(held(each, LATE_LATELY) if is_doubtful else each)
        else:
            result.append(held(each, LATE_LATELY) if _may_be_a_hole(each, usual) else each)
    return result


def _may_be_a_hole(verdict: Verdict, usual: Mapping[str, float]) -> bool:
    """Whether it is over the threshold only because transactions are missing, as far as is known."""
    if verdict.reading.project.id in usual:
        return traffic.may_be_incomplete(verdict, usual, enough=1.0)
    limit = MOST_BY_A_HOLE * verdict.rule.threshold
    return (
        verdict.outcome is Outcome.BREACHED and verdict.rule.kind.is_ratio and (verdict.reading.value or 0.0) <= limit
    )
