"""What is wrong and what was decided about it: incidents, transitions, decisions, ticks."""

import uuid

from django.db import models
from django.db.models import Q

from alerting.rules.model import Key, Window


class Incident(models.Model):
    """One rule being broken for one project (and environment), from first breach to recovery.

    `subject` is the issue id for rules that are told once per issue, else empty. At most one incident per rule,
    project, environment and subject is open; a told issue is never told again. `value`, `peak` and `threshold` are in
    the rule's unit. `standing` is the pure lifecycle's own memory (clear since, told value, …).
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    rule = models.CharField(max_length=40)
    severity = models.CharField(max_length=10)
    project_id_text = models.CharField(max_length=32)
    project = models.CharField(max_length=100)
    environment = models.CharField(max_length=200, blank=True)
    subject = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=12)
    opened_at = models.DateTimeField()
    fired_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    value = models.FloatField()
    peak = models.FloatField()
    threshold = models.FloatField()
    reason = models.CharField(max_length=40)
    standing = models.JSONField(default=dict)
    evidence = models.JSONField(default=dict)
    notices = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("rule", "project_id_text", "environment"),
                condition=Q(closed_at__isnull=True, subject=""),
                name="one_open_incident",
            ),
            models.UniqueConstraint(
                fields=("rule", "environment", "subject"), condition=~Q(subject=""), name="told_once_per_subject"
            ),
        )
        indexes = (models.Index(fields=("closed_at", "rule"), name="open_incidents"),)

    @property
    def key(self) -> Key:
        return self.rule, self.project_id_text

    def __str__(self) -> str:
        return f"incident {self.pk}: {self.rule} {self.project} {self.state}"


class Transition(models.Model):
    """One change of an incident's state: from, to, when, named reason, evidence."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="transitions")
    from_state = models.CharField(max_length=12)
    to_state = models.CharField(max_length=12)
    at = models.DateTimeField()
    reason = models.CharField(max_length=40)
    evidence = models.JSONField(default=dict)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.from_state} → {self.to_state}: {self.reason}"


class Decision(models.Model):
    """What one tick decided about one open incident, also when it was to stay quiet."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="decisions")
    at = models.DateTimeField()
    window_end = models.DateTimeField()
    settled = models.BooleanField()
    trust = models.CharField(max_length=20)
    value = models.FloatField(null=True)
    sample = models.BigIntegerField(null=True)
    outcome = models.CharField(max_length=10)
    verdict_reason = models.CharField(max_length=40)
    reason = models.CharField(max_length=40)
    told = models.CharField(max_length=20, blank=True)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.at:%H:%M:%S} {self.reason}"


class Tick(models.Model):
    """One evaluation, identified by its window end: inserting the row is the claim."""

    window_end = models.DateTimeField(unique=True)
    claimed_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=20, default="running")
    requests = models.PositiveIntegerField(default=0)
    detail = models.JSONField(default=dict)

    class Meta:
        ordering = ("-window_end",)

    def __str__(self) -> str:
        return f"tick {self.window_end:%Y-%m-%d %H:%M:%S} {self.outcome}"


class QuietIssue(models.Model):
    """An issue that was read at a level that does not count: turning into an error later makes it no new one."""

    environment = models.CharField(max_length=200, blank=True)
    issue_id = models.CharField(max_length=64)
    seen_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("environment", "issue_id"), name="quiet_issue_once"),)
        indexes = (models.Index(fields=("seen_at",), name="quiet_issues_by_age"),)

    def __str__(self) -> str:
        return f"issue {self.issue_id} read at a level that does not count"


class Evaluator(models.Model):
    """The single row every tick updates: how far we have judged, and what must be remembered between ticks.

    `judged_until` is the fence: a tick that finds it at or past its own window end has lost and writes nothing.
    `memory` holds the plan's memory (what was asked when), last good times by measure, and quota drops.
    """

    started_at = models.DateTimeField()
    judged_until = models.DateTimeField()
    good_until = models.DateTimeField()
    memory = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"judged until {self.judged_until:%Y-%m-%d %H:%M:%S}"


class LatestReadings(models.Model):
    """The single row that each tick overwrites: what every project read last, for the page.

    `readings` maps rule names to project ids to [slug, value, note]; the value is null where nothing could be judged,
    and the note says why.
    """

    at = models.DateTimeField()
    readings = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"readings of {self.at:%Y-%m-%d %H:%M:%S}"


class Gap(models.Model):
    """A stretch nobody judged, because we or Sentry were down: judged afterwards by looking back at its blocks.

    `owner`, `leased_until` and `attempts` are written by workers of an earlier version only, which may run beside this
    one during a deploy.
    """

    start = models.DateTimeField()
    end = models.DateTimeField()
    noticed_at = models.DateTimeField()
    owner = models.CharField(max_length=120, blank=True)
    leased_until = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    requests = models.PositiveIntegerField(default=0)
    found = models.PositiveIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("-id",)

    @property
    def window(self) -> Window:
        return Window(self.start, self.end)

    def __str__(self) -> str:
        return f"gap {self.start:%H:%M:%S} to {self.end:%H:%M:%S}"


class CountedBlock(models.Model):
    """A stretch of the past with each project's errors as last read, and since when some of them wait to be judged.

    `counts` maps project ids to number, first and last (epoch seconds).
    """

    start = models.DateTimeField(unique=True)
    end = models.DateTimeField()
    counts = models.JSONField(default=dict)
    unjudged = models.JSONField(default=dict)

    class Meta:
        ordering = ("start",)

    def __str__(self) -> str:
        return f"block {self.start:%H:%M:%S} to {self.end:%H:%M:%S}"


class SourceFacts(models.Model):
    """What was learned about a server (region host, datasets, slugs), so that no process probes twice."""

    key = models.CharField(max_length=64, unique=True)
    facts = models.JSONField(default=dict)

    def __str__(self) -> str:
        return self.key
