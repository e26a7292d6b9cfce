"""What ended or became worse lately: a breach is flapping because of the one, and no news because of the other."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from django.db.models import Count, Max

from alerting.incidents.models import Incident
from alerting.incidents.standing import Standing
from alerting.incidents.worsening import Recent
from alerting.rules.catalog import COUNTING_ERRORS
from alerting.rules.model import Key


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


def worsened(incidents: Iterable[Incident]) -> dict[str, datetime]:
    """When each project's errors were last told as worse, by project id: their count and their rate grow together."""
    found: dict[str, datetime] = {}
    for incident in incidents:
        at = Standing.from_json(incident.standing).worse_at if incident.rule in COUNTING_ERRORS else None
        if at is not None:
            found[incident.project_id_text] = max(at, found.get(incident.project_id_text, at))
    return found
