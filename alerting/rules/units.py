"""Values as people write them: errors, percent, milliseconds."""

from datetime import datetime

from alerting.rules.model import Reading, Rule

DECIMALS = {"ratio": 4, "ms": 1}
# Beyond this, two numbers differ by rounding errors only.
MOST_DECIMALS = 12


def plain(value: float, decimals: int = 4) -> str:
    """A number without needless decimals or separators: 11, 0.05, 1500."""
    digits = f"{value:.{decimals}f}"
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


def percent(value: float, decimals: int = 4) -> str:
    """A fraction as percent; `decimals` are those of the fraction."""
    return f"{plain(value * 100, decimals - 2)}%"


def text(rule: Rule, value: float) -> str:
    """A value or threshold of this rule with its unit; a value over the threshold never looks equal to it."""
    decimals = _decimals(rule, value)
    match rule.unit:
        case "ratio":
            return percent(value, decimals)
        case "ms":
            return f"{plain(value, decimals)} ms"
        case "errors":
            return counted(value, "error", decimals)
        case _:
            return plain(value, decimals)


def least(reading: Reading) -> str:
    """What was dropped may have been counted in part only, and what else was dropped is not known."""
    return "at least " if "dropped" in reading.detail else ""


def counted(count: float, what: str, decimals: int = 4) -> str:
    """So many of them: 1 error, 2 errors."""
    return f"{plain(count, decimals)} {what}{'' if count == 1 else 's'}"


def transactions(reading: Reading) -> str:
    """How many there were, and of how many of them the server holds more than a number."""
    stored = reading.stored is not None and reading.stored != reading.sample
    held = f" ({reading.stored} stored)" if stored else ""
    return f"{counted(reading.sample or 0, 'transaction')}{held}"


def stamp(moment: datetime) -> str:
    """ISO 8601 in UTC to the second."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _decimals(rule: Rule, value: float) -> int:
    """As few as show the threshold as it was set, and the value apart from it."""
    limit, decimals = rule.threshold, DECIMALS.get(rule.unit, 4)
    while decimals < MOST_DECIMALS:
        shown = round(limit, decimals)
        if shown == limit and (value == limit or round(value, decimals) != shown):
            break
        decimals += 1
    return decimals


def span(seconds: float) -> str:
    """A length of time in one or two units: 45 s, 5 min, 1 h 20 min, 2 d 3 h."""
    total = max(0, round(seconds))
    if total < 60:
        return f"{total} s"
    days, rest = divmod(total, 86_400)
    hours, rest = divmod(rest, 3_600)
    minutes, left = divmod(rest, 60)
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{minutes} min {left} s" if left and minutes < 5 else f"{minutes} min"
