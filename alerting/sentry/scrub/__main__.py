"""Shows what scrubbing does to an event or a log: `python -m alerting.sentry.scrub FILE`, or `-` for standard input."""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from alerting.sentry.scrub import Scrubber
from alerting.sentry.scrub.layers import json_in
from alerting.sentry.scrub.remarks import held_at

USAGE = "usage: alerting scrub FILE|-    an event as JSON, events as JSON lines, or a log; - reads standard input"
_LONGEST_SHOWN = 2_000


def main(arguments: Sequence[str]) -> int:
    """Print every cut, before and after, with its rule, and how many each rule made; 2 where nothing can be read."""
    if len(arguments) != 1 or arguments[0] in {"-h", "--help"}:
        sys.stderr.write(f"{USAGE}\n")
        return 0 if len(arguments) == 1 else 2
    try:
        text = sys.stdin.read() if arguments[0] == "-" else Path(arguments[0]).read_text("utf-8", "replace")
    except OSError as error:
        sys.stderr.write(f"cannot read {arguments[0]}: {error.strerror}\n")
        return 2
    scrubber, made = Scrubber(), Counter[str]()
    for where, item in _items(text):
        for path, made_there in groupby(scrubber.explain(item), key=lambda cut: cut.path):
            cuts = list(made_there)
            made.update(cut.rule for cut in cuts)
            place = " ".join(filter(None, [where, ".".join(map(str, path))]))
            print(f"{place}   {', '.join(dict.fromkeys(cut.rule for cut in cuts))}")
            print(f"  - {str(held_at(path, item, '(under a name that is cut as well)'))[:_LONGEST_SHOWN]}")
            print(f"  + {str(cuts[0].left)[:_LONGEST_SHOWN]}")
    by_rule = ", ".join(f"{rule} {count}" for rule, count in made.most_common())
    summary = f"{_counted(made.total(), 'cut')} by {_counted(len(made), 'rule')}: {by_rule}"
    print(summary if made else "nothing to cut")
    return 0


def _items(text: str) -> Iterator[tuple[str, Any]]:
    """A whole event, or each line with its number: an event or a log's text; a private key is one line."""
    if isinstance(whole := json_in(text), dict):
        yield "", whole
        return
    begun: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        begun.append(line)
        if "-----BEGIN" in begun[0] and "-----END" not in line and len(begun) < 200:
            continue
        item = "\n".join(begun)
        event = json_in(item)
        yield f"line {number - len(begun) + 1}", event if isinstance(event, dict) else item
        begun = []
    yield "the last lines", "\n".join(begun)


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
