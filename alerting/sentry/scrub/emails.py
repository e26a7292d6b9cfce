"""People's mail addresses, told from what only looks so: releases, workers, units, decorators, algorithms."""

import re
from collections.abc import Iterator

from alerting.sentry.scrub.work import Cut, Work

_EMAIL = re.compile(r"(?<![\w.+%-])[\w+%][\w.+%'-]*+(?:@|(?<=%40))(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}(?!\w)")
# A machine's or a program's name with an @ in it, not a person's address.
_NOT_PEOPLE = re.compile(
    r"(?:git|celery\w*|worker\w*|gen\d+|beat|root|www-data|postgres|ubuntu|ec2-user|redis|hg|svn|user)"
)
_NOT_DOMAINS = frozenset(
    """
    service socket timer mount target slice png jpg jpeg gif svg webp css js mjs py ts htm html json yml yaml dll exe
    conf
    ini cfg txt log internal local localdomain lan svc cluster
    """.split()
)
_OF_ALGORITHMS = ("libssh.org", "openssh.com", "lysator.liu.se")
_PORT_PATH = re.compile(r":(?!\d{2,5}\b)[\w./~-]+")


def find(text: str, work: Work) -> Iterator[Cut]:
    """Where people's addresses stand."""
    for match in _EMAIL.finditer(text):
        work.spend(100)
        start, end = match.span()
        if match[0][1:2] == "'" and match[0][0] in "bruf":  # b'… is no part of a name
            start += 2
        user, _, domain = text[start:end].lower().replace("%40", "@").partition("@")
        if not user or len(user) > 64 or text[max(0, start - 2) : start] == "//":
            continue
        if (
            domain.rpartition(".")[2] in _NOT_DOMAINS
            or domain.endswith(_OF_ALGORITHMS)
            or (domain[0].isdigit() and re.match(r"\d+\.\d+[.-]", domain))
        ):
            continue
        if _NOT_PEOPLE.fullmatch(user) and (user != "user" or _PORT_PATH.match(text, end)):
            continue
        yield start, end, "email"
