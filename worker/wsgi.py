"""The WSGI application: the page, which may ask Sentry, and its static files through WhiteNoise."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "worker.settings")

from django.core.wsgi import get_wsgi_application
from whitenoise import WhiteNoise

from alerting import config, redaction, wiring
from alerting.poll.background import Background
from alerting.status import security_headers, sentry_chart
from alerting.status.templatetags.static_files import FOLDER
from worker import page_log
from worker.limits import RedisBudget

page_log.install(redaction.secrets_of(config.current()))

application = WhiteNoise(
    get_wsgi_application(),
    root=str(FOLDER),
    prefix="static",
    # A year, because the address of each file changes with its content.
    max_age=365 * 86_400,
    allow_all_origins=False,
    add_headers_function=lambda headers, _path, _url: security_headers.add_to_file(headers),
)


def _asker() -> Background:
    """The page asks out of the same budget as the workers."""
    settings = config.current()
    budget = RedisBudget(settings.secret("CELERY_BROKER_URL"), settings.secret("SENTRY_AUTH_TOKEN"))
    return Background(wiring.source(settings, budget))


if config.current().SENTRY_AUTH_TOKEN is not None:
    sentry_chart.ask_through(_asker)
