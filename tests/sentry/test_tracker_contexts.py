"""What one thread, task or callback tells ErrorTracker stays its own."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest
import sentry_sdk

from alerting.sentry import ErrorTracker
from tests.sentry.sdk import Kept, failing


def test_threads_report_and_keep_their_contexts_apart(started: Callable[..., Kept]) -> None:
    kept = started()
    together = threading.Barrier(8)

    def work(number: int) -> None:
        ErrorTracker.set_tag("worker", number)
        together.wait(10)
        ErrorTracker.capture_exception(failing(f"worker {number}"), context={"number": number})

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    told = [
        (event["exception"]["values"][0]["value"], event["contexts"]["custom"]["number"]) for event in kept.of("event")
    ]
    assert sorted(told) == [(f"worker {number}", number) for number in range(8)]


def told_by(event: Any) -> set[int]:
    return {int(event["tags"]["worker"]), event["user"]["id"], event["contexts"]["job"]["n"]}


async def report(number: int) -> None:
    ErrorTracker.set_tag("worker", number)
    ErrorTracker.set_user(number)
    ErrorTracker.set_context("job", {"n": number})
    await asyncio.sleep(0)
    ErrorTracker.capture_exception(failing(f"task {number}"))


def test_tasks_nobody_isolated_do_not_speak_for_each_other(started: Callable[..., Kept]) -> None:
    kept = started()

    async def everybody() -> None:
        ErrorTracker.set_tag("program", "nightly")
        await asyncio.gather(*(report(number) for number in range(8)))
        ErrorTracker.capture_message("done")

    asyncio.run(everybody())
    ErrorTracker.capture_message("afterwards")

    *errors, done, afterwards = kept.of("event")
    assert sorted(map(sorted, map(told_by, errors))) == [[number] for number in range(8)]
    assert all(event["tags"]["program"] == "nightly" for event in (*errors, done))
    assert not done.get("user")
    assert not afterwards.get("tags")


def test_what_a_task_sets_inside_an_isolated_scope_is_seen_by_its_owner(started: Callable[..., Kept]) -> None:
    kept = started()

    async def request() -> None:
        with sentry_sdk.isolation_scope():
            await asyncio.create_task(report(3))
            ErrorTracker.capture_message("answered")

    asyncio.run(request())
    assert [told_by(event) for event in kept.of("event")] == [{3}, {3}]


def test_tasks_of_a_loop_report_and_keep_their_contexts_apart(started: Callable[..., Kept]) -> None:
    kept = started()

    async def work(number: int) -> None:
        with sentry_sdk.isolation_scope():
            ErrorTracker.set_tag("worker", number)
            await asyncio.sleep(0)
            ErrorTracker.capture_exception(failing(f"task {number}"), context={"number": number})

    async def everybody() -> None:
        await asyncio.gather(*(work(number) for number in range(8)))

    asyncio.run(everybody())

    told = {(event["tags"]["worker"], event["contexts"]["custom"]["number"]) for event in kept.of("event")}
    assert {(int(tag), number) for tag, number in told} == {(number, number) for number in range(8)}


def in_a_thread(act: Callable[[], None]) -> Any:
    return asyncio.to_thread(act)


async def in_a_callback(act: Callable[[], None]) -> None:
    done = asyncio.Event()
    asyncio.get_running_loop().call_soon(lambda: (act(), done.set()))
    await done.wait()


@pytest.mark.parametrize("run", [in_a_thread, in_a_callback])
@pytest.mark.parametrize("within", ["the loop", "a task that spoke before"])
def test_what_a_helper_of_a_loop_sets_ends_with_it(started: Callable[..., Kept], run: Any, within: str) -> None:
    kept = started()

    def act() -> None:
        ErrorTracker.set_user({"id": "ann"})
        ErrorTracker.set_tag("step", "one")
        ErrorTracker.capture_message("hers")

    async def other() -> None:
        ErrorTracker.capture_exception(failing())

    async def everybody() -> None:
        if within != "the loop":
            ErrorTracker.set_tag("program", "nightly")
        await run(act)
        await asyncio.create_task(other())
        await run(lambda: ErrorTracker.capture_message("next"))

    asyncio.run(everybody())
    ErrorTracker.capture_message("afterwards")

    hers, *others = kept.of("event")
    assert (hers["user"]["id"], hers["tags"]["step"]) == ("ann", "one")
    assert [event.get("user") or None for event in others] == [None] * 3
    assert all("step" not in (event.get("tags") or {}) for event in others)


def test_what_a_helper_of_an_isolated_request_sets_stands_on_the_request(started: Callable[..., Kept]) -> None:
    kept = started()

    async def request() -> None:
        with sentry_sdk.isolation_scope():
            await asyncio.to_thread(ErrorTracker.set_user, 7)
            ErrorTracker.capture_message("answered")

    asyncio.run(request())
    assert kept.event["user"]["id"] == 7
