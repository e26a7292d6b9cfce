"""What the page itself has to remember: who tried to log in and failed."""

from django.db import models


class FailedLogin(models.Model):
    """One wrong password of the last day from one address (an IPv6 network of 64 bits counts as one)."""

    address = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=("address", "at"), name="failed_logins"),)

    def __str__(self) -> str:
        return f"failed login from {self.address}"
