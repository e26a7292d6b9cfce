"""Where the service's own code lies, so that commands work from any folder."""

import sys
from pathlib import Path

import alerting
from alerting.commands.failures import CommandError

ROOT = Path(alerting.__file__).resolve().parents[1]


def root() -> Path:
    """The folder that holds `worker`, put on the import path; the wheel that apps install does not bring it."""
    if not (ROOT / "worker").is_dir():
        raise CommandError(
            "The worker package is not here: the wheel holds the SDK side only. "
            "Run the service from the checkout (`make run`) or from its container image."
        )
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    return ROOT
