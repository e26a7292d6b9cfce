"""What the poller learned about a server, kept in the database: it survives restarts and a flushed Redis."""

from collections.abc import Mapping
from typing import Any

from alerting.incidents.models import SourceFacts


class DatabaseFacts:
    """The poller's `FactsStore` on Django models."""

    def load(self, key: str) -> dict[str, Any]:
        row = SourceFacts.objects.filter(key=key).first()
        return dict(row.facts) if row else {}

    def save(self, key: str, facts: Mapping[str, Any]) -> None:
        SourceFacts.objects.update_or_create(key=key, defaults={"facts": dict(facts)})
