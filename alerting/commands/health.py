"""`alerting health`: one question for container engines, answered by the exit status."""

from datetime import UTC, datetime

import typer

from alerting import config
from alerting.commands import database
from alerting.findings import Status
from alerting.notifiers.escape import terminal


def health() -> None:
    """Exit status 0 while ticks are being evaluated.

    Also while Sentry is away: a restart would not help with that.
    """
    database.ready()
    from alerting.commands.probes import evaluation
    from alerting.incidents import blindness, evaluator_state

    finding = evaluation.ticks(config.current())
    typer.echo(finding.said)
    if finding.status is not Status.NOT_CONFIGURED:
        state = evaluator_state.read(datetime.now(UTC))
        for sentence in blindness.unreadable(state.sight) if state else ():
            typer.echo(terminal(sentence))
    if finding.status is not Status.PASS:
        raise typer.Exit(1)
