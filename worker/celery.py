"""The Celery application: `celery -A worker worker`, `celery -A worker beat`."""

import re
import sys
from typing import Any

from celery import Celery
from celery.signals import after_setup_logger, after_setup_task_logger, beat_init, celeryd_init

from alerting import config, redaction, redis_client
from alerting.errors import ConfigError
from worker import environment, log_filter, schedule, transport

environment.keep_ours()
try:
    settings = config.load(need_source=True)
except ConfigError as error:
    sys.stderr.write(f"{error}\n")
    raise SystemExit(2) from None

# A task that is not acknowledged by then comes back; every time limit lies well below it.
VISIBILITY_TIMEOUT_SECONDS = 600
TASK_HARD_LIMIT_SECONDS = 120
TASK_SOFT_LIMIT_SECONDS = 100

transport.install()
BROKER_URL, BROKER_OPTIONS = redis_client.for_kombu(settings.secret("CELERY_BROKER_URL"))

# Named here, back end and loader cannot be named by CELERY_RESULT_BACKEND and CELERY_LOADER.
app = Celery("worker", backend="disabled://", loader="celery.loaders.app:AppLoader")
app.conf.update(
    # Both, because Celery prefers the environment's CELERY_BROKER_URL to broker_url: unread by us, blanks and all.
    broker_read_url=BROKER_URL,
    broker_write_url=BROKER_URL,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_transport_options={
        "visibility_timeout": VISIBILITY_TIMEOUT_SECONDS,
        "socket_timeout": 10,
        "socket_connect_timeout": 5,
        "socket_keepalive": True,
        "health_check_interval": 30,
        "global_keyprefix": "alerting:",
        **BROKER_OPTIONS,
    },
    imports=("worker.tasks", "worker.startup"),
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_time_limit=TASK_HARD_LIMIT_SECONDS,
    task_soft_time_limit=TASK_SOFT_LIMIT_SECONDS,
    task_default_queue="alerting",
    task_publish_retry_policy={"max_retries": 2, "interval_start": 0, "interval_step": 0.5, "interval_max": 1},
    worker_prefetch_multiplier=1,
    # One tick, one sender for each channel, one spare: a channel that hangs holds up nobody.
    worker_concurrency=max(4, 2 + len(settings.channels)),
    worker_send_task_events=False,
    worker_hijack_root_logger=True,
    beat_scheduler="worker.schedule:SteadyScheduler",
    beat_max_loop_interval=5,
    beat_schedule=schedule.entries(settings.SENTRY_POLL_INTERVAL_SECONDS, settings.channels),
    timezone="UTC",
)


@after_setup_logger.connect
@after_setup_task_logger.connect
def _keep_secrets_and_tracebacks_out_of_logs(logger: object, **_: object) -> None:
    redaction.install(logger, redaction.secrets_of(settings))
    log_filter.install(logger)


@celeryd_init.connect
def _refuse_a_beat_inside(options: dict[str, Any], **_: object) -> None:
    """Celery closes every file of the process it makes for `-B`, also those our log lines go by: it dies, unnoticed."""
    if options.get("beat"):
        sys.stderr.write(
            "Beat runs as a program of its own: start the worker without -B, and `celery -A worker beat`.\n"
        )
        raise SystemExit(2)


@celeryd_init.connect
def _refuse_an_unmigrated_database(**_: object) -> None:
    """Stop with one sentence instead of failing in every task. A database that is away is waited for by the tasks."""
    import django

    django.setup()
    from alerting.incidents.schema import unapplied
    from alerting.rules.units import counted

    missing = unapplied()
    if missing:
        sys.stderr.write(
            f"The database is not migrated ({counted(len(missing), 'step')} missing): run `alerting migrate` first.\n"
        )
        raise SystemExit(2)


@celeryd_init.connect
@beat_init.connect
def _report_our_own_errors(**_: object) -> None:
    from alerting.sentry import SentrySetupError, init_sentry
    from alerting.sentry.scrub import Scrubber

    # Known by heart, our own secrets are found where no rule would look for one: in a webhook's path, say.
    ours = [re.escape(secret) for secret in redaction.secrets_of(settings)]
    try:
        init_sentry(scrub=Scrubber(extra_patterns=ours))
    except SentrySetupError as error:
        # Celery would log this and go on without the SDK.
        sys.stderr.write(f"{error}\n")
        raise SystemExit(2) from None
