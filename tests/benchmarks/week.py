"""A simulated week of twenty projects through the production pipeline: what was missed, false or late, and its cost."""

from tests.signal import report


def main(short: bool = False) -> None:
    """Print the figures of one seed; `python -m tests.signal.report --help` shows other seeds, scenes and lengths."""
    report.main(["--days", "0.01" if short else "7", "--seed", "7"])
