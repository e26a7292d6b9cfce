"""The WSGI application: the page, and its static files through WhiteNoise."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "worker.settings")

from django.core.wsgi import get_wsgi_application
from whitenoise import WhiteNoise

from alerting.status.templatetags.static_files import FOLDER

# A year, because the address of each file changes with its content.
application = WhiteNoise(get_wsgi_application(), root=str(FOLDER), prefix="static", max_age=365 * 86_400)
