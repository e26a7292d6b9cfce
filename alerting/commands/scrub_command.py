"""`alerting scrub`: what scrubbing does to an event or a log, with the rule beside every cut."""

from typing import Annotated

import typer

from alerting.sentry.scrub.__main__ import main


def scrub(
    file: Annotated[
        str, typer.Argument(help="An event as JSON, events as JSON lines, or a log; - reads standard input.")
    ],
) -> None:
    """Show what would be scrubbed in an event or a log, and why."""
    raise typer.Exit(main([file]))
