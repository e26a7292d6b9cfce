"""The addresses this service answers to: the page, and nothing else."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path

from alerting import config

urlpatterns = [path("", include("alerting.status.urls"))]


def missing(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001  Django's signature
    """404 in our own words."""
    return render(request, "status/missing.html", {"history_days": config.current().ALERTING_HISTORY_DAYS}, status=404)


handler404 = missing
