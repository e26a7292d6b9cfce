"""What every page shows: the list of pages."""

from django.http import HttpRequest

PAGES = (
    ("/", "Now"),
    ("/history/", "History"),
    ("/rules/", "Rules"),
    ("/silences/", "Silences"),
    ("/health/", "Health"),
)


def context(_: HttpRequest) -> dict[str, object]:
    """The context that every template has."""
    return {"pages": PAGES}
