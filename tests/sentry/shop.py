"""A Celery application as a team would write it; run by a worker process of its own."""

import os

import redis
from celery import Celery, Task
from celery.exceptions import SoftTimeLimitExceeded, WorkerShutdown

from alerting.sentry import init_sentry

init_sentry()

app = Celery("shop", broker=os.environ["SHOP_BROKER"])
app.conf.update(worker_hijack_root_logger=False, task_default_queue="shop", broker_connection_retry_on_startup=True)


@app.task(name="shop.divide", shared=False)
def divide(amount: int, password: str) -> float:
    return amount / 0


@app.task(name="shop.settle", shared=False, bind=True, max_retries=2)
def settle(self: Task, order: int) -> None:
    try:
        charge(order)
    except ConnectionResetError as error:
        raise self.retry(exc=error, countdown=0) from error


def charge(order: int) -> None:
    raise ConnectionResetError(f"order {order}")


@app.task(name="shop.give_up", shared=False, bind=True, max_retries=1)
def give_up(self: Task) -> None:
    self.retry(countdown=0)


@app.task(name="shop.cache", shared=False)
def cache(url: str) -> None:
    redis.Redis.from_url(url).get("key")


@app.task(name="shop.slow", shared=False)
def slow() -> None:
    raise SoftTimeLimitExceeded


@app.task(name="shop.slow_inside", shared=False)
def slow_inside() -> None:
    """As libraries do that wrap whatever interrupts them."""
    try:
        slow.run()
    except SoftTimeLimitExceeded as error:
        raise redis.TimeoutError("reading from 10.0.0.1") from error


@app.task(name="shop.stop", shared=False)
def stop() -> None:
    """End the worker once everything before is done and reported."""
    raise WorkerShutdown
