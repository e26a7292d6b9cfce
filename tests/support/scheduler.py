"""In which order workers get tests, that a test in which its worker died is failed once, and that reports get through.

Tests that mostly wait for other processes are spread among those that compute, so that the cores are busy all the time.
As of xdist 3.8 such a test is run again until no more workers may be started, or the run stands still
(pytest-dev/pytest-xdist#1323, #1327, #1371). That part can go with the release that mends all three.
"""

import os
from collections.abc import Generator

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadGroupScheduling
from xdist.workermanage import WorkerController

# By path; what is left for the end is quick, so that no worker ends long after the others.
WAITING = tuple(
    f"tests/{each}"
    for each in ("benchmarks/", "browser/", "faults/", "flow/", "local/test_up", "support/", "test_types")
)
SPREAD_OVER = 0.7


# After xdist's own.
@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if "PYTEST_XDIST_WORKER" in os.environ:
        items[:] = spread(items)
        for item in items:
            name_group(item)


def spread(items: list[pytest.Item]) -> list[pytest.Item]:
    """The waiting ones at equal distances, each kind in the order it has."""
    waiting = [item for item in items if item.nodeid.startswith(WAITING)]
    others = [item for item in items if not item.nodeid.startswith(WAITING)]
    places: list[tuple[float, pytest.Item]] = list(enumerate(others))
    places += [(index * SPREAD_OVER * len(others) / len(waiting) - 0.5, item) for index, item in enumerate(waiting)]
    return [item for _, item in sorted(places, key=lambda place: place[0])]


def name_group(item: pytest.Item) -> None:
    """xdist tells its controller a test's group by its name, which it writes where pytest 9.2 no longer looks.

    `xdist_group` does nothing then: what a file shares is made in every worker (pytest-dev/pytest-xdist#1386).
    """
    if with_group := vars(item).get("_nodeid"):
        item._id = item.id.parse(with_group)


@pytest.hookimpl(wrapper=True)
def pytest_report_to_serializable() -> Generator[None, object, object]:
    """Half a surrogate pair, which a test has logged, cannot be sent to xdist's controller and ended the whole run."""
    return sendable((yield))


def sendable(value: object) -> object:
    """The same with every character that UTF-8 does not know spelled out."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {sendable(key): sendable(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(map(sendable, value))
    return value


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadGroupScheduling | None:
    # Left to itself it begins with the largest groups, which all wait.
    config.option.loadscopereorder = False
    return GroupScheduling(config, log) if config.getvalue("dist") == "loadgroup" else None


class GroupScheduling(LoadGroupScheduling):
    """Groups of tests, each run by one worker from its first test to its last, unless that worker dies."""

    def remove_node(self, node: WorkerController) -> str | None:
        """Queue what the worker has left, at the front; returns the test it died in."""
        died_in: str | None = None
        for group, tests in self.assigned_work.pop(node).items():
            left = [name for name, done in tests.items() if not done]
            if left and died_in is None:
                died_in = left.pop(0)
                tests[died_in] = True
            if left:
                self.workqueue[group] = tests
                self.workqueue.move_to_end(group, last=False)
        for other in self.nodes:
            self._reschedule(other)
        return died_in

    def schedule(self) -> None:
        """A worker begins a test once it knows the next: one that comes later needs two groups, or the word to end."""
        comes_later = self.collection is not None
        super().schedule()
        for node in self.nodes if comes_later else ():
            self._reschedule(node)
