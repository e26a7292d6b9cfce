"""Values as people write them: errors, percent, milliseconds."""

from alerting.rules.model import Rule


def plain(value: float) -> str:
    """A number without needless decimals or separators: 11, 0.05, 1500."""
    if float(value).is_integer():
        return str(int(value))
    return f"{value:.4f}".rstrip("0").rstrip(".")


def percent(value: float) -> str:
    """A fraction as percent with the fraction beside it, so that it matches both the page and the environment."""
    return f"{round(value * 100, 2):g}% ({plain(value)})"


def text(rule: Rule, value: float) -> str:
    """A value or threshold of this rule with its unit."""
    match rule.unit:
        case "ratio":
            return percent(value)
        case "ms":
            return f"{plain(round(value, 1))} ms"
        case "errors":
            return f"{plain(value)} error{'' if value == 1 else 's'}"
        case _:
            return plain(value)


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
