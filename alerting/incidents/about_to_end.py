"""What this tick's verdicts will end, and what has to be asked before that is told."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from alerting.incidents.lifecycle import Policy, Why, advance_all
from alerting.incidents.models import Incident
from alerting.incidents.standing import Standing
from alerting.rules.catalog import COUNTING_ERRORS
from alerting.rules.model import Key, Verdict

RECOVERIES = frozenset({Why.RECOVERED, Why.STABLE_CLEAR})
MAY_BE_LATE = RECOVERIES | {Why.TOO_LITTLE_TRAFFIC}


@dataclass(frozen=True, slots=True)
class Ends:
    """What is about to end. Errors that fell may be dropped by quota, and whatever has become less may be late;
    projects without a row may be out of sight."""

    by_fallen_errors: bool
    by_silence: bool
    out_of_sight: frozenset[str]


def due(verdicts: Iterable[Verdict], standing: Iterable[Incident], policy: Policy) -> Ends:
    """What these verdicts will end, and what has to be asked before that is told."""
    open_now = {each.key: each for each in standing}
    by_key: dict[Key, list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        if verdict.key in open_now:
            by_key[verdict.key].append(verdict)
    steps = [
        (key, *advance_all(Standing.from_json(open_now[key].standing), judged, policy)[-1])
        for key, judged in by_key.items()
    ]
    last = [(key, verdict, step) for key, verdict, step in steps if step.closes]
    return Ends(
        by_fallen_errors=any(rule in COUNTING_ERRORS and step.why in RECOVERIES for (rule, _), _, step in last),
        by_silence=any(step.why in MAY_BE_LATE for *_, step in last),
        out_of_sight=frozenset(
            project for (_, project), verdict, step in last if verdict.reading.absent or step.why is Why.NOT_WATCHED
        ),
    )
