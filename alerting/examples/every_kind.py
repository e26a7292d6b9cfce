"""One believable example of every kind of notice: for `alerting preview`, `alerting send-test`, pictures and tests."""

from dataclasses import replace
from typing import Any

from alerting.examples import afternoon, other_projects
from alerting.examples.examples_about_us import about_us
from alerting.examples.happenings import clock
from alerting.outbox import fold
from alerting.outbox.message import Kind, Notice
from alerting.rules.model import Issue, Project


def every_kind() -> dict[str, Notice]:
    """The examples by name."""
    return {
        "firing": afternoon.firing(),
        "reminder": afternoon.reminder(),
        "worse": afternoon.worse(),
        "resolved": afternoon.resolved(),
        "raised": other_projects.threshold_raised(),
        "out of sight": other_projects.not_visible(),
        "rate": other_projects.rate(),
        "p95": other_projects.latency(),
        "new issue": afternoon.new_issue(),
        "late and over": other_projects.late_and_over(),
        "late and open": other_projects.late_and_open(),
        "silence over": other_projects.silence_over(),
        "too little traffic": other_projects.too_little_traffic(),
        "flapping": other_projects.flapping(),
        "escalated": afternoon.escalated(),
        "digest": digest(),
        "new issues": new_issues(),
        "stale": late_summary(),
        **about_us(),
    }


def digest(count: int = 12, **changes: Any) -> Notice:
    """So many notices in one."""
    members = [other_projects.one_of_many(place) for place in range(count)]
    return replace(fold.digest(members, Kind.DIGEST, count, clock("12:07:52"), 81), **changes)


def late_summary() -> Notice:
    """The same, delivered hours later."""
    members = [other_projects.one_of_many(place, "09") for place in range(12)]
    return fold.digest(members, Kind.STALE, len(members), clock("12:07:52"), 82)


def new_issues() -> Notice:
    """Three error types at once, as after a release."""
    titles = (
        ("checkout", "KeyError: 'shipping_method' while totalling the basket"),
        ("checkout", "TypeError: unsupported operand type(s) for +: 'int' and 'str'"),
        ("search", "ConnectionError: the index does not answer"),
    )
    now = clock("12:07:41")
    members = [afternoon.new_error(_issue(991 + place, slug, title), now) for place, (slug, title) in enumerate(titles)]
    return fold.digest(members, Kind.DIGEST, len(members), clock("12:07:52"), 90)


def _issue(number: int, slug: str, title: str) -> Issue:
    link = f"{afternoon.SENTRY}/issues/{number}/"
    project = Project("4511" if slug == "checkout" else "4512", slug)
    return Issue(str(number), f"{slug.upper()}-{number}", title, "", "error", link, clock("12:07:02"), project)
