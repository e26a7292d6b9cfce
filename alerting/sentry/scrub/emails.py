"""People's mail addresses, told from what only looks so: releases, workers, units, decorators, algorithms."""

from collections.abc import Iterator

from alerting.sentry.scrub.rules import figures
from alerting.sentry.scrub.work import Cut, Work


def find(text: str, work: Work) -> Iterator[Cut]:
    """Where people's addresses stand."""
    for match in figures.EMAIL.finditer(text):
        work.spend(100)
        start, end = match.span()
        if match[0][1:2] == "'" and match[0][0] in "bruf":  # b'… is no part of a name
            start += 2
        user, _, domain = text[start:end].lower().replace("%40", "@").partition("@")
        if not user or len(user) > 64 or text[max(0, start - 2) : start] == "//":
            continue
        if (
            domain.rpartition(".")[2] in figures.NOT_DOMAINS
            or domain.endswith(figures.OF_ALGORITHMS)
            or all(part.partition("-")[0].isdigit() for part in domain.split(".")[:2])
        ):
            continue
        if figures.NOT_PEOPLE.fullmatch(user) and (user != "user" or figures.PORT_PATH.match(text, end)):
            continue
        yield start, end, "email"
