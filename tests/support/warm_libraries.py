"""Read by the process that `tests.support.warm` forks from: everything that does not depend on the environment."""

import contextlib
import gc
import importlib
import os
import pkgutil

from django.core.exceptions import AppRegistryNotReady, ImproperlyConfigured

import alerting
from alerting import config
from alerting.sentry.scrub import Scrubber

LIBRARIES = """
    celery.bin.celery celery.apps.worker celery.apps.beat celery.concurrency.prefork celery.fixups.django
    celery.loaders.app celery.app.log celery.worker.consumer celery.worker.strategy kombu.transport.redis
    django.core.management.commands.migrate django.core.handlers.wsgi django.db.backends.sqlite3.base
    django.db.backends.postgresql.base django.forms django.template.backends.django django.urls
    sentry_sdk.integrations.django sentry_sdk.integrations.celery httpx psycopg whitenoise.middleware
    gunicorn.app.base gunicorn.workers.gthread slack_sdk.web slack_sdk.webhook rich.table
"""

# With the name of its settings, Django would read them, and with them the environment.
os.environ.pop("DJANGO_SETTINGS_MODULE", None)
for name in LIBRARIES.split():
    importlib.import_module(name)
for module in pkgutil.walk_packages(alerting.__path__, "alerting.", onerror=lambda _: None):
    # Models and what is built on them wait for the settings.
    with contextlib.suppress(ImproperlyConfigured, AppRegistryNotReady):
        if ".__main__" not in module.name:
            importlib.import_module(module.name)
# Compile the expressions of both, which every worker, beat and command needs.
config.load({"SENTRY_AUTH_TOKEN": "x" * 64, "SENTRY_ORG": "acme"})
Scrubber()({})
# What is here already is never garbage, and is not copied in every child for being looked at.
gc.freeze()
