"""One seed lived through and its figures printed: `python -m tests.signal.report --days 7 --seed 1`."""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.signal.drive import Run
    from tests.signal.score import Score

CASES_SHOWN = 12
GOALS = {
    "true incidents": "",
    "missed": "0",
    "false": "0",
    "late": "0",
    "repeats": "0",
    "resolved while broken": "0",
    "unjudged reminders": "0",
    "worse of flat": "0",
    "most pairs in two hours": "≤ 3",
    "worse / firing": "≤ 0.25",
    "notices per incident": "",
    "detection of counts, mean": "≤ 45 s",
    "reset of counts, median": "",
    "requests a tick, mean": "≤ 5",
    "requests a tick, most": "≤ 7",
    "CPU a tick": "",
    "rows written": "",
}
# What ought to be nought.
NOUGHT = (
    *("missed", "false", "late", "repeats", "resolved_while_broken", "unjudged_reminders", "flapping"),
    "worse_of_flat",
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Live through the chosen seeds and print a table each."""
    parser = argparse.ArgumentParser(description="A simulated stretch of time through the production pipeline.")
    parser.add_argument("--days", type=float, default=7.0)
    parser.add_argument("--seed", type=int, nargs="+", default=[1])
    parser.add_argument("--scenes", nargs="*", default=[], help="only these (names as in tests/signal/scenes.py)")
    parser.add_argument("--alone", metavar="KIND", help="these scenes once each, in projects of this kind")
    parser.add_argument("--pause", type=float, default=5.0, help="mean hours between two scenes of a project")
    parser.add_argument("--notices", action="store_true", help="print every notice as well")
    chosen = parser.parse_args(arguments)
    found = []
    for seed in chosen.seed:
        with tempfile.TemporaryDirectory(prefix="signal-") as folder:
            prepare(Path(folder))
            found.append(_one(chosen, seed))
    table(chosen.seed, found)


def prepare(folder: Path) -> None:
    """An empty database of its own in this folder, before anything of Django is imported."""
    os.environ.update(DJANGO_SETTINGS_MODULE="worker.settings", ALERTING_DATA_DIR=str(folder))
    import django
    from django.core.management import call_command
    from django.db import connection

    django.setup()
    connection.close()
    connection.settings_dict["NAME"] = folder / "simulated.sqlite3"
    call_command("migrate", verbosity=0)


def _one(chosen: argparse.Namespace, seed: int) -> "tuple[Score, Run]":
    from tests.signal.compose import compose, side_by_side
    from tests.signal.drive import drive
    from tests.signal.score import score

    began = time.perf_counter()
    if chosen.alone:
        scenes = [(name, chosen.alone) for name in chosen.scenes]
        history = side_by_side(*scenes, seed=seed, hours=chosen.days * 24)
    else:
        history = compose(seed, chosen.days, chosen.scenes, chosen.pause)
    print(f"## seed {seed}: {chosen.days:g} days, {len(history.scenes)} scenes", flush=True)
    made = time.perf_counter() - began
    run = drive(history, progress=_dot)
    sys.stderr.write("\n")
    figures = score(history, run)
    show(figures, run, made)
    if chosen.notices:
        for each in run.told:
            notice = each.notice
            print(
                f"{each.at:9.0f} {each.channel:6} {notice.kind:9} {notice.rule:16} {notice.project:12} {notice.value}"
            )
    return figures, run


def table(seeds: Sequence[int], found: "Sequence[tuple[Score, Run]]") -> None:
    """Every figure beside its goal, a column for each seed."""
    columns = [_figures(figures, run) for figures, run in found]
    print(f"| figure | goal | {' | '.join(f'seed {seed}' for seed in seeds)} |")
    print(f"| --- | --- |{' ---: |' * len(seeds)}")
    for name, goal in GOALS.items():
        print(f"| {name} | {goal} | {' | '.join(column[name] for column in columns)} |")


def _figures(figures: "Score", run: "Run") -> dict[str, str]:
    kinds, counts = figures.kinds, figures.detection["critical_errors"]
    firing = kinds["first"] + kinds["late"] + kinds["flapping"]
    resets = figures.reset["critical_errors"]
    return {
        "true incidents": str(figures.incidents),
        **{name.replace("_", " "): str(len(getattr(figures, name))) for name in NOUGHT if name != "flapping"},
        "most pairs in two hours": str(figures.most_pairs),
        "worse / firing": f"{kinds['worse'] / max(1, firing):.2f}",
        "notices per incident": f"{sum(kinds.values()) / max(1, figures.incidents):.2f}",
        "detection of counts, mean": f"{statistics.mean(counts):.0f} s" if counts else "-",
        "reset of counts, median": f"{statistics.median(resets):.0f} s" if resets else "-",
        "requests a tick, mean": f"{statistics.mean(run.requests):.2f}",
        "requests a tick, most": str(max(run.requests)),
        "CPU a tick": f"{run.cpu / len(run.requests) * 1000:.0f} ms",
        "rows written": str(sum(run.rows.values())),
    }


def show(figures: "Score", run: "Run", made: float) -> None:
    """The table, with the cases behind every figure that ought to be nought."""
    kinds = figures.kinds
    firing = kinds["first"] + kinds["late"] + kinds["flapping"]
    notices = sum(kinds.values())
    print(f"incidents {figures.incidents}; brief ones {figures.brief}, of which told {figures.brief_told}")
    for title in NOUGHT:
        cases = getattr(figures, title)
        print(f"{title.replace('_', ' ')}: {len(cases)}")
        for case in cases[:CASES_SHOWN]:
            print(f"    {case}")
        if len(cases) > CASES_SHOWN:
            print(f"    … and {len(cases) - CASES_SHOWN} more")
    print(f"notices on slack but for new types: {notices}; {notices / max(1, figures.incidents):.2f} per incident")
    print(f"by kind: {dict(kinds)}")
    print(f"worse / firing: {kinds['worse']}/{firing} = {kinds['worse'] / max(1, firing):.2f}")
    print(f"most pairs in two hours: {figures.most_pairs}")
    _delays("detection", figures.detection)
    _delays("reset", figures.reset)
    requests = run.requests
    print(f"requests per tick: mean {statistics.mean(requests):.2f}, most {max(requests)}; {run.asked}")
    print(f"ticks {len(requests)} ({ {name: run.outcomes.count(name) for name in set(run.outcomes)} })")
    print(f"CPU per tick {run.cpu / len(requests) * 1000:.2f} ms; {run.wall:.0f} s, {made:.0f} s to make the history")
    print(f"rows written {dict(run.rows)}", flush=True)


def _delays(title: str, by_rule: Mapping[str, Sequence[float]]) -> None:
    for rule, delays in sorted(by_rule.items()):
        ordered = sorted(delays)
        p95 = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
        print(
            f"{title} {rule}: n {len(ordered)}, mean {statistics.mean(ordered):.0f} s, "
            f"median {statistics.median(ordered):.0f}, p95 {p95:.0f}, worst {ordered[-1]:.0f}"
        )


def _dot(at: float) -> None:
    if at % (24 * 3600) == 0:
        sys.stderr.write(".")
        sys.stderr.flush()


if __name__ == "__main__":
    main()
