"""What a Django or Celery application imports: errors reach Sentry scrubbed, grouped and with context."""

from alerting.sentry.ignored import IGNORED
from alerting.sentry.options import SentrySetupError
from alerting.sentry.setup import init_sentry
from alerting.sentry.tracker import ErrorTracker

__all__ = ["IGNORED", "ErrorTracker", "SentrySetupError", "init_sentry"]
