"""Believable notices: what the examples of every kind, which people look at and tests hold to, are made of."""

from typing import Any

from alerting.outbox.message import Kind, Line, Notice, TopError, Trend

TOP_ERRORS = (
    TopError(
        "OperationalError: could not connect to payments-db, server closed the connection",
        "checkout.payments in charge",
        21,
        "2026-11-23T12:06:02Z",
        "https://acme.sentry.example/issues/4501/",
        "checkout@2.41.0",
    ),
    TopError(
        "KeyError: 'cart_id'",
        "checkout.views in pay",
        9,
        "2026-11-09T08:00:00Z",
        "https://acme.sentry.example/issues/17/",
    ),
    TopError("Timeout: bank did not answer in 5 s", "checkout.bank in settle", 4, "2026-10-02T08:00:00Z"),
)
HOUR = Trend((0, 0, 1, 0, 0, 2, 1, 0, 0, 0, 3, 1, 0, 0, 0, 1, 2, 4, 19, 37), 10, "2026-11-23T12:08:00Z")


def firing(**changes: Any) -> Notice:
    """Too many errors, with everything that can stand behind it."""
    values: dict[str, Any] = {
        "kind": Kind.FIRST,
        "key": "5f0c3a1e5f0c3a1e5f0c3a1e5f0c3a1e",
        "headline": "37 errors in 5 min",
        "sentence": "37 errors in 5 min, over the threshold of 10 errors.",
        "severity": "high",
        "at": "2026-11-23T12:07:41Z",
        "rule": "critical_errors",
        "rule_title": "Critical errors",
        "project": "checkout",
        "environment": "production",
        "value": "37 errors",
        "threshold": "10 errors",
        "peak": "37 errors",
        "reason": "first_breach",
        "window_start": "2026-11-23T12:02:30Z",
        "window_end": "2026-11-23T12:07:30Z",
        "dataset": "errors",
        "first_error_at": "2026-11-23T12:06:02Z",
        "opened_at": "2026-11-23T12:07:41Z",
        "errors": 37,
        "top_errors": TOP_ERRORS,
        "trend": HOUR,
        "link": "https://acme.sentry.example/organizations/acme/issues/?project=4511&environment=production"
        "&start=2026-11-23T12%3A02%3A30&end=2026-11-23T12%3A07%3A30&utc=true&query=",
    }
    return Notice(**{**values, **changes})


def resolved(**changes: Any) -> Notice:
    """The same, over."""
    return firing(
        **{
            "kind": Kind.RESOLVED,
            "top_errors": (),
            "trend": None,
            "errors": 0,
            "headline": "3 errors in 5 min",
            "sentence": "Recovered after 21 min: 3 errors in 5 min, at or under the threshold of 10 errors, and it "
            "stayed there.",
            "at": "2026-11-23T12:28:45Z",
            "value": "3 errors",
            "peak": "212 errors",
            "reason": "recovered",
            "window_start": "2026-11-23T12:21:30Z",
            "window_end": "2026-11-23T12:26:30Z",
            "sample": "",
            "resolved_at": "2026-11-23T12:28:45Z",
            "in_hand": "ann",
            "sequence": 3,
            **changes,
        }
    )


def new_issue(**changes: Any) -> Notice:
    """An error type nobody has seen before."""
    return firing(
        **{
            "headline": "new error type CHECKOUT-4F2",
            "top_errors": (),
            "trend": None,
            "errors": 0,
            "sentence": "New error type CHECKOUT-4F2: it was not seen before in this project.",
            "severity": "medium",
            "rule": "new_issue",
            "rule_title": "New error type",
            "value": "1 new issue",
            "threshold": "0 (every new issue is told)",
            "peak": "",
            "reason": "first_seen",
            "sample": "",
            "dataset": "issues",
            "first_error_at": "",
            "issue": {
                "id": "991",
                "short_id": "CHECKOUT-4F2",
                "title": "KeyError: 'shipping_method' while totalling the basket of user_id=1881",
                "culprit": "shop.basket.views in total",
                "level": "error",
                "first_seen": "2026-11-23T12:07:02Z",
            },
            **changes,
        }
    )


def digest(count: int = 12, **changes: Any) -> Notice:
    """So many notices in one."""
    kinds = ("first", "first", "worse", "resolved")
    lines = tuple(
        Line(
            kind=kinds[index % 4],
            rule="Critical errors" if index % 3 else "Error rate",
            severity="high",
            project=f"service-{index:03}",
            environment="production",
            value=f"{12 + index} errors" if index % 3 else "4.2%",
            threshold="10 errors" if index % 3 else "1%",
            at="2026-11-23T12:07:41Z",
            link=f"https://acme.sentry.example/organizations/acme/issues/?project={4000 + index}&environment=production"
            "&start=2026-11-23T12%3A02%3A30&end=2026-11-23T12%3A07%3A30&utc=true&query=",
        )
        for index in range(count)
    )
    return Notice(
        **{
            "kind": Kind.DIGEST,
            "key": "digest-81-20261123120741",
            "headline": f"{count} notices, {count} projects",
            "sentence": f"{count} notices about {count} projects in one message.",
            "severity": "high",
            "at": "2026-11-23T12:07:52Z",
            "reason": "digest",
            "lines": lines,
            "totals": {"Critical errors: first": count - count // 3, "Error rate: first": count // 3},
            **changes,
        }
    )
