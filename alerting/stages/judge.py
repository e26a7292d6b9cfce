"""evaluate: from a tick's answers to its verdicts.

An end is told after one more look only: quota may drop what seems to have stopped, Sentry may not show it yet, or the
project may be out of our sight. Where there is no room for that look in a tick, the end waits for the next.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from alerting.incidents import about_to_end, gaps, record
from alerting.incidents.evaluator_state import EvaluatorState
from alerting.incidents.models import Incident
from alerting.incidents.topics import BLIND
from alerting.parts import Parts
from alerting.poll import before_ends, drops, ingestion, traffic
from alerting.rules.answers import Answer
from alerting.rules.evaluate import judge_all
from alerting.rules.model import Verdict
from alerting.rules.readings import Watched, assemble
from alerting.rules.visibility import confirm


def judge(
    parts: Parts, state: EvaluatorState, standing: Sequence[Incident], answers: list[Answer], now: datetime
) -> list[Verdict]:
    """The verdicts; what is asked for their sake is added to the answers."""
    behind, usual = ingestion.behind(state.look_back, answers, now), traffic.usual(state.traffic)

    def judged() -> list[Verdict]:
        """By the answers so far."""
        dropped = drops.lately(state.drops, answers, now)
        watched = Watched(record.open_projects(standing), dropped, parts.desk.environment)
        found = ingestion.hold(judge_all(assemble(parts.rules, answers, watched), now), behind.doubt)
        return ingestion.hold_where_traffic_stopped(found, traffic.lately(state.traffic, now))

    verdicts = judged()
    ending = about_to_end.due(verdicts, standing, parts.desk.policy)
    open_ids = [each.project_id_text for each in standing if each.rule != BLIND.rule]
    looked_for = before_ends.doubted(ending.out_of_sight, open_ids, answers, state.plan, now)
    wanted = before_ends.questions(ending.by_fallen_errors, looked_for, answers, state.plan, now)
    is_known = len(wanted) <= before_ends.room(answers, state.plan)
    if is_known:
        answers += [parts.source.ask(question) for question in wanted]
    heard = _is_heard(parts, state, answers, ending.by_silence, now)
    if ending.by_fallen_errors or ending.by_silence:
        verdicts = ingestion.hold_what_is_accepted(judged(), ingestion.unreadable(answers))
        verdicts = ingestion.hold_where_traffic_stopped(verdicts, traffic.stopped(usual, answers))
        verdicts = verdicts if is_known and heard else ingestion.hold_ends(verdicts)
    open_now = {each.key for each in standing}
    if (back := gaps.last_end(state, now)) is not None:
        verdicts = ingestion.hold_after_an_outage(verdicts, open_now, usual, back)
    tails = ingestion.tails(verdicts, open_now)
    room = before_ends.room(answers, state.plan)
    read = [parts.source.ask(question) for question in tails[:room]]
    answers += read
    verdicts = ingestion.hold_where_the_end_is_missing(verdicts, read, tails[room:])
    late = ingestion.ends_missing(verdicts)
    verdicts = ingestion.hold_around_lag(verdicts, open_now, traffic.late(state.traffic), usual)
    if behind.everywhere or traffic.lately(state.traffic, now) or traffic.stopped(usual, answers):
        late[traffic.EVERYWHERE] = now - timedelta(seconds=parts.desk.settle_seconds)
    state.traffic = traffic.note_late(state.traffic, late, now)
    return confirm(verdicts, looked_for, before_ends.visible(answers))


def _is_heard(parts: Parts, state: EvaluatorState, answers: list[Answer], by_silence: bool, now: datetime) -> bool:
    """Whether it is known that transactions still come in; asked where something may end by it and there is room.

    Rates are judged in the fullest tick of a minute: what finds no room there is asked in the next, and holds for one.
    """
    question = traffic.question(state.traffic, parts.desk.settle_seconds, now)
    if question is None or traffic.is_fresh(state.traffic, now):
        return True
    if not (by_silence or traffic.is_wanted(state.traffic, now)):
        return True
    if before_ends.room(answers, state.plan) == 0:
        state.traffic = {**state.traffic, "wanted_at": now.isoformat()}
        return False
    answers.append(parts.source.ask(question))
    # Where transactions cannot be read, errors are believed as they always were.
    return True
