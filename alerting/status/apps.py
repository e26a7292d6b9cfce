"""The Django app of the page people look at."""

from django.apps import AppConfig


class StatusConfig(AppConfig):
    name = "alerting.status"
    label = "status"
