"""poll: put this tick's questions to Sentry."""

from datetime import datetime

from alerting.incidents.evaluator_state import EvaluatorState
from alerting.parts import Parts
from alerting.poll import drops
from alerting.poll.plan import has_room, questions
from alerting.rules.answers import Answer
from alerting.rules.kind import Situation


def ask(parts: Parts, state: EvaluatorState, now: datetime) -> list[Answer]:
    """The answers, in the order of urgency; what finds no room in this tick has to wait."""
    dropping = bool(drops.lately(state.drops, (), now).errors) and not parts.desk.environment
    situation = Situation(now, parts.desk.settle_seconds, state.started_at, dropping)
    answers: list[Answer] = []
    for question in questions(parts.rules, situation, state.plan):
        # Retries, and finding out what a server understands, cost more than was planned.
        if answers and not has_room(state.plan, answers):
            break
        answers.append(parts.source.ask(question))
    return answers
