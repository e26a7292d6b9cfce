"""The addresses this service answers to: the page, and nothing else."""

from django.urls import include, path

from alerting.status import error_pages

urlpatterns = [path("", include("alerting.status.urls"))]

handler400 = error_pages.not_understood
handler404 = error_pages.missing
handler500 = error_pages.broken
