"""`alerting health`: one question for container engines, answered by the exit status."""

import typer

from alerting import config
from alerting.commands import database
from alerting.commands.findings import Status
from alerting.notifiers.escape import terminal


def health() -> None:
    """Exit status 0 while ticks are being evaluated.

    Also while Sentry is away: a restart would not help with that.
    """
    database.ready()
    from alerting.commands.probes import evaluation
    from alerting.incidents import blindness
    from alerting.incidents.models import Evaluator

    finding = evaluation.ticks(config.current())
    typer.echo(finding.said)
    if finding.status is not Status.NOT_CONFIGURED:
        for state in Evaluator.objects.all():
            for sentence in blindness.unreadable(state.memory):
                typer.echo(terminal(sentence))
    if finding.status is not Status.PASS:
        raise typer.Exit(1)
