"""Issues that were first read at a level that does not count: from then on they are known, and never new."""

from collections.abc import Collection
from datetime import datetime, timedelta

from alerting.incidents.models import QuietIssue

# An issue is new for a day at most, or for as long as nothing could be read; after this nobody asks any more.
KEPT = timedelta(days=8)


def among(issue_ids: Collection[str], environment: str) -> set[str]:
    """Those of these ids that are known."""
    known = QuietIssue.objects.filter(environment=environment, issue_id__in=issue_ids)
    return set(known.values_list("issue_id", flat=True))


def remember(issue_ids: Collection[str], environment: str, now: datetime) -> None:
    """Know these from now on."""
    rows = [QuietIssue(environment=environment, issue_id=each, seen_at=now) for each in issue_ids]
    QuietIssue.objects.bulk_create(rows, batch_size=500, ignore_conflicts=True)


def prune(now: datetime) -> int:
    """Forget those that are no longer new whatever their level; returns how many."""
    return QuietIssue.objects.filter(seen_at__lt=now - KEPT).delete()[0]
