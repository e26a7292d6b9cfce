"""What worker and beat do once at their start: doubt settings, refuse queues without us, try stopped channels again."""

import gc
import logging
import sys
from datetime import UTC, datetime
from typing import Any

from celery.signals import beat_init, celeryd_after_setup, worker_process_init, worker_ready
from django.db import DatabaseError, connection

from alerting import config, parent_death
from alerting.outbox import channels

logger = logging.getLogger(__name__)


@celeryd_after_setup.connect
@beat_init.connect
def _doubt_settings(**_: object) -> None:
    for doubt in config.doubts(config.current()):
        logger.warning(doubt)


@worker_process_init.connect
def _end_with_the_worker(**_: object) -> None:
    """A worker that is killed takes its pool along."""
    parent_death.end_with_parent()


@celeryd_after_setup.connect
def _refuse_queues_without_us(instance: Any, **_: object) -> None:
    ours = instance.app.conf.task_default_queue
    listening = sorted(instance.app.amqp.queues.consume_from)
    if ours in listening:
        return
    heard = f"the queue {', '.join(listening)}" if len(listening) == 1 else f"the queues {', '.join(listening)}"
    sys.stderr.write(
        f"This worker would listen to {heard if listening else 'no queue'}, and do nothing: everything of this service "
        f"goes through the queue {ours}. Start it without -Q and -X, or with `-Q {ours}`.\n"
    )
    raise SystemExit(2)


@celeryd_after_setup.connect
def _share_what_is_loaded(**_: object) -> None:
    """Before the pool is forked: no process of it copies memory by looking for garbage in what all have loaded, nor
    does Celery look there before each fork."""
    gc.collect()
    gc.freeze()


@worker_ready.connect
def _try_stopped_channels_again(**_: object) -> None:
    try:
        stopped = channels.try_again(datetime.now(UTC))
    except DatabaseError as error:
        logger.warning("stopped channels wait for their next trial: the database is away (%s)", type(error).__name__)
        return
    finally:
        connection.close()
    if stopped:
        logger.info("the next notice tries each of %s stopped channels again", stopped)
