"""`make bench`: every table in one run; names as arguments choose some of them."""

import importlib
import sys

ALL = ("ticks", "latency", "startup", "breadcrumbs", "scrub", "capture", "week")


def main() -> None:
    chosen = sys.argv[1:] or ALL
    for name in chosen:
        if name not in ALL:
            sys.exit(f"There is no benchmark {name!r}; there are {', '.join(ALL)}.")
        print(f"\n## {name}", flush=True)
        importlib.import_module(f"tests.benchmarks.{name}").main()


if __name__ == "__main__":
    main()
