"""The Django app of what people do about incidents: acknowledge, silence, plan maintenance."""

from django.apps import AppConfig


class ActionsConfig(AppConfig):
    name = "alerting.actions"
    label = "actions"
