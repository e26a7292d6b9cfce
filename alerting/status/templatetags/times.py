"""Times on pages: UTC in the markup, which the browser turns into the viewer's own, with UTC on hover."""

from datetime import UTC, datetime

from django import template
from django.utils.safestring import SafeString, mark_safe

register = template.Library()
FORMS = {"day": "%Y-%m-%d %H:%M", "clock": "%H:%M:%S", "short": "%H:%M"}


@register.simple_tag
def moment(at: datetime | None, form: str = "day") -> SafeString:
    """A `<time>` element; a dash where there is no time."""
    if at is None:
        return mark_safe("–")
    at = at.astimezone(UTC)
    full = f"{at:%Y-%m-%d %H:%M:%S}"
    # Nothing but digits and our own words.
    return mark_safe(  # noqa: S308
        f'<time datetime="{full.replace(" ", "T")}Z" title="{full} UTC" data-format="{form}">{at:{FORMS[form]}}</time>'
    )
