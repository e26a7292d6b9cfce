"""`make bench`: every table in one run; names as arguments choose some of them, --short makes all of them brief.

Each table is made by a process of its own: Django and the SDK can be set up only once in one. None of them sees the
variables of the shell it was started from, which may name a real Sentry and a real database.
"""

import argparse
import os
import subprocess
import sys

from tests.support import reaper
from tests.support.environment import PREFIXES

TABLES = ("ticks", "latency", "startup", "breadcrumbs", "scrub", "capture", "week", "history", "pages")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    parser.add_argument("tables", nargs="*", metavar="TABLE", help=", ".join(TABLES))
    parser.add_argument("--short", action="store_true", help="a few rounds each, to see that they work")
    chosen = parser.parse_args()
    if unknown := set(chosen.tables) - set(TABLES):
        sys.exit(f"There is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(TABLES)}.")
    if sys.platform == "linux":
        reaper.guard(end_with_parent=True)
    environ = {name: value for name, value in os.environ.items() if not name.startswith(PREFIXES)}
    failed = [name for name in chosen.tables or TABLES if not _print_table(name, chosen.short, environ)]
    if failed:
        sys.exit(f"These tables broke off: {', '.join(failed)}.")


def _print_table(name: str, short: bool, environ: dict[str, str]) -> bool:
    print(f"\n## {name}", flush=True)
    code = f"from tests.benchmarks import {name}; {name}.main(short={short})"
    return subprocess.run([sys.executable, "-c", code], env=environ, check=False).returncode == 0


if __name__ == "__main__":
    main()
