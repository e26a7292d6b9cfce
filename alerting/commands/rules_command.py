"""`alerting rules`: every rule with its threshold, where that came from, and when it last fired."""

from alerting import config
from alerting.commands import database, listing


def rules(as_json: listing.AsJson = False) -> None:
    """The rules that are switched on."""
    database.ready()
    from django.db.models import Max

    from alerting.incidents.models import Incident
    from alerting.notifiers import registry
    from alerting.rules import catalog
    from alerting.rules.units import span, text

    fired = dict(Incident.objects.order_by().values_list("rule").annotate(Max("opened_at")))
    built = catalog.build(config.current())
    if as_json:
        listing.as_data(
            [
                {
                    "rule": rule.name,
                    "title": rule.title,
                    "severity": rule.severity.value,
                    "threshold": rule.threshold,
                    "unit": rule.unit,
                    "window_seconds": rule.window_seconds or None,
                    "min_sample": rule.min_sample or None,
                    "variables": {name: config.origin(name) for name in rule.kind.variables},
                    "last_fired": fired.get(rule.name),
                    "channels": registry.told_of(rule.severity),
                }
                for rule in built
            ]
        )
        return
    rows = [
        {
            "rule": rule.name,
            "fires over": f"{text(rule, rule.threshold).partition(' (')[0]} in {span(rule.window_seconds)}"
            if rule.window_seconds
            else "(every one)",
            "set by": config.origin(rule.kind.variables[0]),
            "last fired": fired.get(rule.name),
            "tells": registry.readers(rule.severity, config.current().channels),
        }
        for rule in built
    ]
    listing.show(rows, nothing="No rule is switched on.", prose={"tells"})
