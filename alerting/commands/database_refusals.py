"""Why a database cannot be used: it is away, or it answers and refuses us; each cause with the one next step. Pure."""

import re

# What PostgreSQL (errcodes, auth.c) and libpq say → (what that means, what to do).
CAUSES = (
    (
        r'password authentication failed for user "(?P<who>[^"]*)"',
        "it answers, but refuses the password of the user {who}",
        "Correct user and password in DATABASE_URL; it runs, so do not start another.",
    ),
    (
        r"no password supplied|password is required",
        "it answers, and wants a password",
        "Put it into DATABASE_URL: postgres://user:password@host:5432/name.",
    ),
    (
        r'(?:Peer|Ident|GSSAPI|LDAP|PAM|RADIUS|certificate) authentication failed for user "(?P<who>[^"]*)"',
        "it answers, but does not let the user {who} in this way",
        "Use a user and password in DATABASE_URL that its pg_hba.conf lets in.",
    ),
    (
        r'role "(?P<who>[^"]*)" does not exist',
        "it answers, but has no user {who}",
        "Correct the user in DATABASE_URL, or create it.",
    ),
    (
        r'role "(?P<who>[^"]*)" is not permitted to log in',
        "it answers, but its role {who} may not log in",
        "Let it (ALTER ROLE … LOGIN), or set another user in DATABASE_URL.",
    ),
    (
        r'database "(?P<who>[^"]*)" does not exist',
        "it answers, but has no database {who}",
        "Create it (createdb), or correct the name in DATABASE_URL.",
    ),
    (
        r"no pg_hba\.conf entry for host \"(?P<who>[^\"]*)\"",
        "it answers, but lets nobody in from here ({who})",
        "Add a line for this address, user and database to its pg_hba.conf; where that line asks for TLS, add "
        "?sslmode=require to DATABASE_URL.",
    ),
    (
        r"server does not support SSL",
        "it answers, but without the TLS that DATABASE_URL asks for",
        "Switch TLS on there, or leave sslmode out of DATABASE_URL.",
    ),
    (
        r"certificate verify failed|root certificate file .* does not exist|does not match host name",
        "it answers, but its TLS certificate is not trusted",
        "Name its authority's file in DATABASE_URL (?sslmode=verify-full&sslrootcert=/path/ca.pem).",
    ),
    (
        r"too many (?:clients|connections)|remaining connection slots",
        "it answers, but takes no more connections",
        "Raise its max_connections, or close others.",
    ),
    (
        r"the database system is (?P<who>starting up|shutting down|in recovery mode)",
        "it answers, but is {who}",
        "Wait until it is ready.",
    ),
    (
        r"permission denied|must be owner of",
        "it answers, but the user of DATABASE_URL lacks a right",
        "Make that user the owner of the database.",
    ),
    (
        r"(?:could not translate host name|failed to resolve host) '?\"?(?P<who>[^'\": ]*)",
        "the name {who} could not be resolved",
        "Correct the host in DATABASE_URL.",
    ),
    (
        r"read-?only",
        "it can be read but not written",
        "Point DATABASE_URL at the primary; a file must be writable for this user.",
    ),
    (
        r"disk is full|disk I/O error|No space left on device|could not (?:extend|write)",
        "its disk is full, or cannot be written",
        "Make room on that disk; for SQLite, ALERTING_DATA_DIR says which it is.",
    ),
    (r"file is not a database", "the file holds something else", "Correct DATABASE_URL, or move the file away."),
)
AWAY = "Start it, or correct DATABASE_URL."


def explain(said: str) -> tuple[str, str]:
    """What the database's own words mean, and what to do; `said` is one line without secrets."""
    for pattern, meaning, advice in CAUSES:
        if found := re.search(pattern, said, re.IGNORECASE):
            return meaning.format(who=found.groupdict().get("who")), advice
    return said, AWAY
