"""One believable example of every kind of notice: for `alerting preview`, `alerting send-test`, pictures and tests."""

from alerting.notifiers.examples import digest, firing, new_issue, resolved
from alerting.notifiers.examples_about_us import about_us
from alerting.outbox.message import Kind, Line, Notice, Trend

_NEW_ISSUES = (
    ("checkout", "KeyError: 'shipping_method' while totalling the basket"),
    ("checkout", "TypeError: unsupported operand type(s) for +: 'int' and 'str'"),
    ("search", "ConnectionError: the index does not answer"),
)


def _new_issue_line(project: str, title: str) -> Line:
    return Line(
        kind=Kind.FIRST,
        rule="New error type",
        severity="medium",
        project=project,
        environment="production",
        value="1 new issue",
        threshold="0 (every new issue is told)",
        at="2026-11-23T12:07:41Z",
        title=title,
        link="https://acme.sentry.example/issues/991/",
    )


def every_kind() -> dict[str, Notice]:
    """The examples by name."""
    return {
        "firing": firing(),
        "reminder": firing(
            kind=Kind.REMINDER,
            headline="52 errors in 5 min",
            sentence="Still over after 1 h: 52 errors in 5 min (threshold 10 errors), up from 37 errors.",
            value="52 errors",
            peak="212 errors",
            reason="repeat_due",
            errors=52,
            trend=Trend((88, 130, 212, 190, 160, 150, 131, 120, 90, 70, 66, 52), 10, "2026-11-23T13:08:00Z"),
            at="2026-11-23T13:07:41Z",
            window_start="2026-11-23T13:02:30Z",
            window_end="2026-11-23T13:07:30Z",
            sequence=3,
        ),
        "worse": firing(
            kind=Kind.WORSE,
            headline="84 errors in 5 min",
            sentence="It got worse: 84 errors in 5 min (threshold 10 errors), at least double what it was (37 errors).",
            value="84 errors",
            peak="84 errors",
            reason="value_doubled",
            errors=84,
            trend=Trend((0, 0, 1, 0, 4, 19, 37, 41, 36, 38, 51, 84), 10, "2026-11-23T12:08:00Z"),
            sequence=2,
        ),
        "resolved": resolved(),
        "raised": resolved(
            kind=Kind.ENDED,
            headline="threshold raised to 50 errors; it is at 37 errors",
            sentence="Ended because the threshold was raised from 10 errors to 50 errors: the value is still "
            "37 errors. It was open for 21 min.",
            value="37 errors",
            threshold="50 errors",
            reason="threshold_raised",
        ),
        "out of sight": resolved(
            kind=Kind.ENDED,
            formerly="basket",
            headline="no longer visible to this token; last judged 212 errors",
            sentence="Ended because the project is no longer visible to this token: it was deleted or transferred, or "
            "access was withdrawn. It may go on failing unseen. Last judged: 212 errors (threshold 10 errors). "
            "It was open for 21 min.",
            value="212 errors, when last judged",
            reason="not_visible",
            notes=("The project basket was renamed to checkout.",),
        ),
        "rate": firing(
            headline="error rate 4.2% in 10 min",
            sentence="Error rate 4.2% in 10 min, over the threshold of 1%.",
            rule="error_rate",
            window_start="2026-11-23T11:57:30Z",
            errors=630,
            trend=Trend((0.001, 0.002, 0, 0.003, 0.02, 0.042), 0.01, "2026-11-23T12:08:00Z"),
            rule_title="Error rate",
            value="4.2%",
            threshold="1%",
            peak="4.2%",
            sample="630 errors / 15000 transactions",
            dataset="errors and spans",
            first_error_at="",
            notes=("Transactions are estimated: the server counts sampled ones, multiplied by 10 (sample rate 0.1).",),
        ),
        "p95": firing(
            headline="p95 latency 1840 ms in 10 min",
            sentence="P95 latency 1840 ms in 10 min, over the threshold of 1000 ms.",
            severity="medium",
            rule="p95_latency",
            window_start="2026-11-23T11:57:30Z",
            top_errors=(),
            errors=0,
            trend=Trend((310, 305, 290, 420, 380, 350, 900, 1200, 1700, 1840), 1000, "2026-11-23T12:08:00Z"),
            rule_title="p95 latency",
            value="1840 ms",
            threshold="1000 ms",
            peak="1840 ms",
            sample="2210 transactions",
            dataset="spans",
            first_error_at="",
        ),
        "new issue": new_issue(),
        "late and over": firing(
            kind=Kind.LATE,
            top_errors=(),
            trend=None,
            headline="41 errors in 5 min",
            sentence="Late: this happened while nothing was being judged, and it has been over for 2 h 18 min. "
            "At its worst 41 errors, over the threshold of 10 errors.",
            value="41 errors",
            peak="41 errors",
            reason="late_and_over",
            window_start="2026-11-23T03:10:00Z",
            window_end="2026-11-23T03:15:00Z",
            opened_at="2026-11-23T03:11:00Z",
            resolved_at="2026-11-23T03:23:00Z",
            first_error_at="2026-11-23T03:10:12Z",
            at="2026-11-23T05:41:00Z",
        ),
        "late and open": firing(
            kind=Kind.LATE,
            top_errors=(),
            trend=None,
            sentence="Found late, and not known to be over: 37 errors in 5 min, over the threshold of 10 errors.",
            reason="found_late",
        ),
        "silence over": firing(
            kind=Kind.REMINDER,
            sentence="The silence is over, and this is not: 37 errors in 5 min (threshold 10 errors), up from "
            "21 errors, open for 2 h.",
            reason="silence_ended",
            opened_at="2026-11-23T10:07:41Z",
            sequence=2,
        ),
        "too little traffic": resolved(
            kind=Kind.ENDED,
            rule="error_rate",
            rule_title="Error rate",
            headline="too little traffic to judge since 12:14 UTC; last judged 4.2%",
            sentence="Ended because there is too little traffic to judge by since 12:14 UTC, so nobody knows whether "
            "it is over. In the last 10 min judged there came 12 transactions; 100 are needed. Last judged: "
            "4.2% (threshold 1%). It was open for 21 min, and opens again if it is over the threshold "
            "once there is enough traffic.",
            value="4.2%, when last judged",
            threshold="1%",
            peak="4.2%",
            reason="too_little_traffic",
            sample="0 errors / 12 transactions",
            dataset="errors and spans",
        ),
        "flapping": firing(
            kind=Kind.FLAPPING,
            sentence="It keeps starting and stopping: 37 errors in 5 min (threshold 10 errors). Until it has "
            "been stable for a while, only a value twice as high is told, and a reminder now and then.",
            reason="changes_often",
            sequence=7,
        ),
        "escalated": firing(
            kind=Kind.ESCALATED,
            key="5f0c3a1e5f0c3a1e5f0c3a1e5f0c3a1e-escalated",
            sentence="Nobody has acknowledged this for 30 min: 37 errors (threshold 10 errors) when last told.",
            reason="not_acknowledged",
            at="2026-11-23T12:37:41Z",
        ),
        "digest": digest(),
        "new issues": Notice(
            kind=Kind.DIGEST,
            key="digest-90-20261123120741",
            headline="3 notices, 2 projects",
            sentence="3 notices about 2 projects in one message.",
            severity="medium",
            at="2026-11-23T12:07:52Z",
            reason="digest",
            lines=tuple(_new_issue_line(project, title) for project, title in _NEW_ISSUES),
            totals={"New error type: first": 3},
        ),
        "stale": digest(
            kind=Kind.STALE,
            sentence="12 notices about 12 projects could not be delivered in time, the oldest since "
            "2026-11-23T09:02:11Z.",
            reason="stale_summary",
        ),
        **about_us(),
    }
