"""Django settings, made from the environment by alerting.config; nothing here reads a variable itself."""

import sys
from pathlib import Path

import dj_database_url

from alerting import config, data_directory
from alerting.errors import ConfigError

try:
    _settings = config.current()
except ConfigError as error:
    # Also the way out of `celery -A worker …`: Celery reports SystemExit as it is, anything else with a traceback.
    sys.stderr.write(f"{error}\n")
    raise SystemExit(2) from None

DATA_DIR: Path = _settings.data_dir


def _secret_key() -> str:
    if _settings.DJANGO_SECRET_KEY is not None:
        return _settings.secret("DJANGO_SECRET_KEY")
    path = DATA_DIR / "secret_key"
    try:
        data_directory.make(DATA_DIR)
        return data_directory.secret(path)
    except OSError as error:
        sys.stderr.write(f"{error.filename or path}: {error.strerror}; ALERTING_DATA_DIR says where we write\n")
        raise SystemExit(2) from None


def _database() -> dict[str, object]:
    url = _settings.secret("DATABASE_URL") or f"sqlite:///{DATA_DIR / 'alerting.sqlite3'}"
    database: dict[str, object] = dict(dj_database_url.parse(url, conn_max_age=60, conn_health_checks=True))
    options: dict[str, object] = {"connect_timeout": 5}
    if database["ENGINE"] == "django.db.backends.sqlite3":
        data_directory.protect_database(Path(str(database["NAME"])))
        # IMMEDIATE makes writers queue at BEGIN instead of failing at their first write with "database is locked".
        options = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        }
    # What the URL itself asks for (sslmode=verify-full) stands.
    given = database.get("OPTIONS", {})
    database["OPTIONS"] = {**options, **given} if isinstance(given, dict) else options
    return database


data_directory.protect(DATA_DIR)
SECRET_KEY = _secret_key()
DEBUG = False
ALLOWED_HOSTS = list(_settings.DJANGO_ALLOWED_HOSTS)
INSTALLED_APPS = [
    "django.contrib.sessions",
    "alerting.incidents",
    "alerting.outbox",
    "alerting.actions",
    "alerting.status",
]
DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
LOGGING_CONFIG = None

ROOT_URLCONF = "worker.urls"
MIDDLEWARE = [
    "alerting.status.head_requests.HeadMiddleware",
    "alerting.status.peer.PeerMiddleware",
    "alerting.status.security_headers.SecurityHeadersMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "alerting.status.visible_text.VisibleTextMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "alerting.status.access.AccessMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["alerting.status.templatetags.times"],
            "context_processors": ["django.template.context_processors.request", "alerting.status.pages.context"],
        },
    }
]
# Names of our own: two services on one host must not log each other out. Lax, so that a link in a mail finds a session.
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "alerting_session", "alerting_csrf"
SESSION_COOKIE_HTTPONLY, SESSION_COOKIE_SAMESITE = True, "Lax"
CSRF_FAILURE_VIEW = "alerting.status.error_pages.stale_form"
CSRF_COOKIE_HTTPONLY, CSRF_COOKIE_SAMESITE = True, "Strict"
# With each click Slack sends the whole card, up to 16 bytes for one of its characters.
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 50
STATUS_PASSWORD = _settings.secret("ALERTING_STATUS_PASSWORD")
STATUS_READONLY_PASSWORD = _settings.secret("ALERTING_STATUS_READONLY_PASSWORD")
STATUS_TRUSTED_PROXIES = list(_settings.ALERTING_TRUSTED_PROXIES)
STATUS_USER_HEADER = _settings.status_user_header
SLACK_SIGNING_SECRET = _settings.secret("SENTRY_SLACK_SIGNING_SECRET")
SLACK_API_URL = _settings.SENTRY_SLACK_API_URL
