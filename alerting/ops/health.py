"""`alerting health`: one question for container engines, answered by the exit status."""

import typer

from alerting import config
from alerting.notifiers.escape import terminal
from alerting.ops import database
from alerting.ops.findings import Status


def health() -> None:
    """Exit status 0 while ticks are being evaluated, also while Sentry is away: a restart would not help with that."""
    database.ready()
    from alerting.incidents import blindness
    from alerting.incidents.models import Evaluator
    from alerting.ops.probes import evaluation

    finding = evaluation.ticks(config.current())
    typer.echo(finding.said)
    if finding.status is not Status.NOT_CONFIGURED:
        for state in Evaluator.objects.all():
            for sentence in blindness.unreadable(state.memory):
                typer.echo(terminal(sentence))
    if finding.status is not Status.PASS:
        raise typer.Exit(1)
