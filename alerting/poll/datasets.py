"""In which words a question can be put to `events/`: newer servers first, older ones after. Plain data.

Which datasets exist is not told by any endpoint; a server that lacks one answers 400. Sources: sentry-docs (Explore),
sentry pull request 115089 for the end of `discover` and `transactions`.
"""

from collections.abc import Collection
from dataclasses import dataclass

from alerting.rules import levels
from alerting.rules.answers import Measure

COUNT = "count()"
STORED = "count_sample()"
FIRST_ERROR = "min(timestamp)"
LAST_ERROR = "max(timestamp)"
OLDEST = "discover"


@dataclass(frozen=True, slots=True)
class Variant:
    """`name` is what is remembered; a variant without `p95` counts errors. `extrapolates`: counts are already corrected
    for client-side sampling; with `stored` the number of samples they were computed from is told beside them.
    """

    name: str
    dataset: str
    query: str = ""
    first_error: bool = False
    p95: str = ""
    extrapolates: bool = True
    stored: bool = False

    @property
    def fields(self) -> tuple[str, ...]:
        base = ("project", "project.id", COUNT)
        if self.p95:
            return (*base, *((STORED,) if self.stored else ()), self.p95)
        return (*base, FIRST_ERROR, LAST_ERROR) if self.first_error else base

    @property
    def anything(self) -> str:
        """The search that finds every event Sentry counts as an error, whatever its level."""
        return "!event.type:transaction" if self.dataset == OLDEST else ""

    def search(self, error_levels: Collection[str]) -> str:
        """The search that finds what is counted; the same one finds errors in every dataset."""
        return self.query if self.p95 else levels.query(error_levels)


def _errors(dataset: str) -> tuple[Variant, Variant]:
    return (Variant(f"{dataset} with first", dataset, first_error=True), Variant(dataset, dataset))


VARIANTS: dict[Measure, tuple[Variant, ...]] = {
    Measure.ERRORS: (*_errors("errors"), *_errors(OLDEST)),
    Measure.PERFORMANCE: (
        Variant("spans with samples", "spans", "is_transaction:true", p95="p95(span.duration)", stored=True),
        Variant("spans without samples", "spans", "is_transaction:true", p95="p95(span.duration)"),
        Variant("transactions", "transactions", p95="p95(transaction.duration)", extrapolates=False),
        Variant(OLDEST, OLDEST, "event.type:transaction", p95="p95(transaction.duration)", extrapolates=False),
    ),
}


def named(measure: Measure, name: str) -> Variant | None:
    return next((variant for variant in VARIANTS[measure] if variant.name == name), None)
