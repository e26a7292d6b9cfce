"""The fields that are an event's structure, kind by kind: Sentry groups and sorts by them, so they stay."""

import re

# What may be the name of a value beside it.
NAME = re.compile(r"[\w.\[\]'\" -]{1,80}")
FRAME = frozenset(
    """
    function raw_function module filename abs_path lineno colno in_app package platform image_addr
    symbol_addr instruction_addr symbol trust addr_mode lock snapshot_type stack_start native
    """.split()
)
EXCEPTION = frozenset(["type", "module", "thread_id"])
MECHANISM = frozenset("type handled synthetic exception_id parent_id source is_exception_group".split())
CRUMB = frozenset("type category level timestamp event_id".split())
SPAN = frozenset(
    """
    span_id trace_id parent_span_id segment_id op status origin timestamp start_timestamp end_timestamp
    is_segment same_process_as_parent exclusive_time hash type
    """.split()
)
STACKTRACE = frozenset({"lang", "snapshot", "frames_omitted"})
THREAD = frozenset({"id", "current", "crashed", "main", "state"})
EVENT = frozenset(
    """
    event_id trace_id span_id parent_span_id timestamp start_timestamp received platform level logger release
    dist environment server_name transaction_info sdk modules fingerprint errors debug_meta _meta check_in_id
    monitor_slug status duration type severity_number severity_text unit profile_id
    client_sample_rate sample_rate exclusive_time project key_id time_unix_nano span_name
    """.split()
)


def _also_quoted(names: str) -> frozenset[str]:
    """The names, also as the SDK writes the keys of local variables: in the quotes of their repr."""
    return frozenset([*names.split(), *(f"'{name}'" for name in names.split())])


NAMING = _also_quoted("name key header field param parameter Name Key k")
VALUES = _also_quoted("value val Value content v values default string_value stringValue")
AUTHORIZING = frozenset("state scope grant_type redirect_uri code_verifier session_state".split())
STATEMENTS = ("sql", "query", "statement", "operation", "db.statement", "db.query.text")
PARAMETERS = _also_quoted("params parameters args binds db.params db.parameters")
# An object without any of these names tells nothing about its parts but their own names.
TELLING = VALUES | PARAMETERS | {"code", "input"}
# Of curl: their arguments are `user:password`.
USERS = frozenset({"-u", "--user", "--proxy-user"})
# What only an event has, where Sentry reads `_meta`, and what only logs, metrics, check-ins and breadcrumbs have.
OF_EVENTS = frozenset(
    "exception message logentry request user extra contexts breadcrumbs spans threads tags transaction".split()
)
OF_OTHERS = frozenset("body check_in_id monitor_slug category".split())
# Lines of a program around the one that was running.
SOURCE = ("pre_context", "context_line", "post_context")
# What Celery and kombu call a task's arguments where they log them, and what holds them in their variables.
TASK_ARGUMENTS = ("args", "kwargs", "argsrepr", "kwargsrepr")
WITH_TASK_ARGUMENTS = (*TASK_ARGUMENTS, "req", "request", "task_request", "message", "body", "payload")
