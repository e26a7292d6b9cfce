"""Shows what scrubbing does to an event or a log: `python -m alerting.sentry.scrub FILE`, or `-` for standard input."""

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from alerting.sentry.scrub import Scrubber

USAGE = "usage: alerting scrub FILE|-    an event as JSON, events as JSON lines, or a log; - reads standard input"
_LONGEST_SHOWN = 2_000


def main(arguments: Sequence[str]) -> int:
    """Print every cut, before and after, with its rule, and how many each rule made; 2 where nothing can be read."""
    if len(arguments) != 1 or arguments[0] in {"-h", "--help"}:
        sys.stderr.write(f"{USAGE}\n")
        return 0 if arguments and arguments[0] in {"-h", "--help"} else 2
    try:
        text = sys.stdin.read() if arguments[0] == "-" else Path(arguments[0]).read_text("utf-8", "replace")
    except OSError as error:
        sys.stderr.write(f"cannot read {arguments[0]}: {error.strerror}\n")
        return 2
    scrubber, made = Scrubber(), Counter[str]()
    for where, item in _items(text):
        for line in _shown(scrubber, where, item, made):
            sys.stdout.write(f"{line}\n")
    rules = ", ".join(f"{rule} {count}" for rule, count in made.most_common())
    sys.stdout.write(
        f"{_counted(made.total(), 'cut')} by {_counted(len(made), 'rule')}: {rules}\n" if made else "nothing to cut\n"
    )
    return 0


def _items(text: str) -> Iterator[tuple[str, Any]]:
    """A whole event, or each line with its number: an event or a log's text; a private key is one line."""
    whole = _parsed(text)
    if isinstance(whole, dict):
        yield "", whole
        return
    begun: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        begun.append(line)
        if "-----BEGIN" in begun[0] and "-----END" not in line and len(begun) < 200:
            continue
        yield f"line {number - len(begun) + 1}", _parsed("\n".join(begun))
        begun = []
    yield "the last lines", "\n".join(begun)


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _parsed(text: str) -> Any:
    try:
        return json.loads(text) if text.lstrip()[:1] == "{" else text
    except (ValueError, RecursionError):
        return text


def _shown(scrubber: Scrubber, where: str, item: Any, made: Counter[str]) -> Iterable[str]:
    told: dict[tuple[Any, ...], tuple[list[str], Any]] = {}
    for path, rule, left in scrubber.explain(item):
        told.setdefault(path, ([], left))[0].append(rule)
        made[rule] += 1
    for path, (rules, after) in told.items():
        before = item
        for step in path:
            try:
                before = before[step]
            except (LookupError, TypeError):
                before = "(under a name that is cut as well)"
                break
        place = " ".join(part for part in (where, ".".join(map(str, path))) if part)
        yield f"{place}   {', '.join(dict.fromkeys(rules))}"
        yield f"  - {str(before)[:_LONGEST_SHOWN]}"
        yield f"  + {str(after)[:_LONGEST_SHOWN]}"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
