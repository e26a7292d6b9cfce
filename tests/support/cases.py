"""Many small cases as one test: thousands of tests cost more to collect and to report than to run."""

from collections.abc import Callable, Iterable
from typing import TypeVar

Case = TypeVar("Case")


def failing(check: Callable[[Case], None], cases: Iterable[Case]) -> dict[str, str]:
    """What `check` asserts in vain, by the name of the case; whatever else it raises says which case it was."""
    wrong = {}
    for case in cases:
        try:
            check(case)
        except AssertionError as error:
            wrong[str(case)] = str(error)
        except Exception as error:
            error.add_note(f"in the case {case}")
            raise
    return wrong
