"""What ended lately: by this the next breach of the same rule and project is known to be flapping."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db.models import Count, Max

from alerting.incidents.models import Incident
from alerting.incidents.worsening import Recent

Key = tuple[str, str]


def ended(keys: Sequence[Key], environment: str, within: timedelta, now: datetime) -> Mapping[Key, Recent]:
    """How often each rule and project ended within that time, whenever it began, and its highest value."""
    if not keys:
        return {}
    rows = (
        Incident.objects.filter(environment=environment, subject="", closed_at__gt=now - within, closed_at__lte=now)
        .order_by()
        .values_list("rule", "project_id_text")
        .annotate(ends=Count("id"), highest=Max("peak"))
    )
    wanted = set(keys)
    return {(rule, project): Recent(ends, peak) for rule, project, ends, peak in rows if (rule, project) in wanted}
