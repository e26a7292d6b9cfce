"""`alerting rules`: every rule with its threshold, where that came from, and when it last fired."""

from alerting import config
from alerting.commands import database, listing


def rules(as_json: listing.AsJson = False) -> None:
    """The rules that are switched on."""
    database.ready()
    from django.db.models import Max

    from alerting.incidents.models import Incident
    from alerting.rules import catalog
    from alerting.rules.units import span, text
    from alerting.status.rules_page import VARIABLES

    fired = dict(Incident.objects.order_by().values_list("rule").annotate(Max("opened_at")))
    rows = [
        {
            "rule": rule.name,
            "severity": rule.severity.value,
            "fires_over": text(rule, rule.threshold),
            "in": span(rule.window_seconds) if rule.window_seconds else "any time",
            "threshold_from": config.origin(VARIABLES[rule.name][0]),
            "last_fired": fired.get(rule.name),
            "goes_to": " and ".join(rule.channels),
        }
        for rule in catalog.build(config.current())
    ]
    listing.show(rows, as_json=as_json, nothing="No rule is switched on.", without={"severity"})
