"""What people did about incidents, and who did it when: acknowledgements, silences, maintenance, the audit."""

from django.db import models

from alerting.incidents.models import Incident

# Where the sentence does not end with what was acted on.
IN_WORDS = {"gave back": "gave it back", "added a note to": "added a note"}


class Acknowledgement(models.Model):
    """Somebody has an incident in hand: its reminders stop until it closes. At most one per incident."""

    incident = models.OneToOneField(Incident, on_delete=models.CASCADE, related_name="acknowledgement")
    at = models.DateTimeField()
    by = models.CharField(max_length=80)
    note = models.CharField(max_length=300, blank=True)
    via = models.CharField(max_length=10)

    def __str__(self) -> str:
        return f"incident {self.incident_id} acknowledged by {self.by}"


class Scope(models.Model):
    """What a silence or a maintenance window is about; an empty field stands for all of them.

    `project` is an id, or a name where no id was known; `environment` one name of the filter an incident was read with.
    """

    rule = models.CharField(max_length=40, blank=True)
    project = models.CharField(max_length=100, blank=True)
    environment = models.CharField(max_length=200, blank=True)

    class Meta:
        abstract = True


class Silence(Scope):
    """Nobody is told about what it covers from `starts_at` until `ends_at` (exclusive); evaluation goes on."""

    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(db_index=True)
    reason = models.CharField(max_length=300)
    by = models.CharField(max_length=80)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("ends_at", "id")

    def __str__(self) -> str:
        return f"silence {self.pk} until {self.ends_at:%Y-%m-%d %H:%M} UTC"


class MaintenanceWindow(Scope):
    """A silence that comes back: on some weekdays, from a time of day in a time zone, for some minutes.

    `weekdays` are ISO numbers (Monday is 1) without separators, "67" for weekends.
    """

    weekdays = models.CharField(max_length=7)
    starts = models.TimeField()
    minutes = models.PositiveIntegerField()
    time_zone = models.CharField(max_length=64)
    reason = models.CharField(max_length=300)
    by = models.CharField(max_length=80)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"maintenance window {self.pk}"


class AuditEntry(models.Model):
    """One thing somebody did: who, what, when, why, from where. Written with the change itself, never altered.

    Only that of a failed login counts on.
    """

    at = models.DateTimeField(db_index=True)
    who = models.CharField(max_length=80)
    action = models.CharField(max_length=40)
    subject = models.CharField(max_length=300)
    why = models.CharField(max_length=300, blank=True)
    via = models.CharField(max_length=10)
    address = models.CharField(max_length=64, blank=True)
    incident = models.ForeignKey(Incident, null=True, on_delete=models.SET_NULL, related_name="audit")

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.who}: {self.action} {self.subject}"

    @property
    def what(self) -> str:
        """What it was done to: an incident by its number, all else as it was described."""
        return f"incident {self.subject}" if self.subject.isdecimal() else self.subject

    @property
    def sentence(self) -> str:
        """The whole: "acknowledged incident 7", "silenced project shop until 2026-01-10 13:00 UTC (incident 7)"."""
        is_named = self.incident_id is None or self.subject.isdecimal()
        return f"{self.action} {self.what}" if is_named else f"{self.action} {self.what} (incident {self.incident_id})"

    @property
    def words(self) -> str:
        """What was done to the incident at hand: "acknowledged it", "gave it back", "added a note".

        A silence may cover more than the incident, and says what.
        """
        if self.action == "silenced":
            return f"silenced {self.subject}"
        return IN_WORDS.get(self.action, f"{self.action} it")


class AnsweredRequest(models.Model):
    """A signed request that was acted on, and what it was answered; kept for as long as its signature holds.

    `digest` is the SHA-256 of the whole body in hex: the body may hold what must not be kept.
    """

    digest = models.CharField(max_length=64, primary_key=True)
    answer = models.TextField()
    at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.digest[:8]} answered at {self.at:%Y-%m-%d %H:%M}"
