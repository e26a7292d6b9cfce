"""The addresses of the page."""

from django.urls import path

from alerting.status import (
    health_page,
    history_page,
    incident_page,
    login,
    now_page,
    rules_page,
    silences_page,
    slack_actions,
)

urlpatterns = [
    path("", now_page.now, name="now"),
    path("incidents/<uuid:uid>/", incident_page.by_key, name="incident-by-key"),
    path("incidents/<int:number>/", incident_page.incident, name="incident"),
    path("incidents/<int:number>/acknowledge/", incident_page.acknowledge, name="acknowledge"),
    path("incidents/<int:number>/silence/", incident_page.silence, name="silence"),
    path("history/", history_page.history, name="history"),
    path("rules/", rules_page.rules, name="rules"),
    path("silences/", silences_page.silences, name="silences"),
    path("silences/add/", silences_page.add, name="add-silence"),
    path("silences/<int:number>/end/", silences_page.end, name="end-silence"),
    path("maintenance/", silences_page.plan, name="plan-maintenance"),
    path("maintenance/<int:number>/remove/", silences_page.remove, name="remove-maintenance"),
    path("health/", health_page.health, name="health"),
    path("login/", login.log_in, name="login"),
    path("slack/actions/", slack_actions.receive, name="slack-actions"),
    path("logout/", login.log_out, name="logout"),
]
