"""What is owed to whom: outbox messages, and the channels that carry them."""

from typing import Any

from django.db import models


class Message(models.Model):
    """Something owed to one channel about one transition, until delivered or given up.

    `dedupe_key` is unique, so writing the same debt twice is impossible. `incident_key` threads the messages of one
    incident. A message in state `sending` is in the hands of `owner`; a folded one travels in the digest `folded_into`.
    """

    class State(models.TextChoices):
        PENDING = "pending"
        SENDING = "sending"
        SENT = "sent"
        FOLDED = "folded"
        FAILED = "failed"
        DISCARDED = "discarded"
        SILENCED = "silenced"

    dedupe_key = models.CharField(max_length=120, unique=True)
    channel = models.CharField(max_length=20)
    incident_key = models.CharField(max_length=64)
    kind = models.CharField(max_length=20)
    rank = models.PositiveSmallIntegerField(default=0)
    payload = models.JSONField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    owner = models.CharField(max_length=120, blank=True)
    taken_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=500, blank=True)
    ref = models.JSONField(default=dict)
    folded_into = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="members")

    class Meta:
        ordering = ("id",)
        indexes = (
            models.Index(fields=("channel", "state", "rank", "id"), name="outbox_due"),
            models.Index(fields=("incident_key", "channel"), name="outbox_thread"),
            models.Index(fields=("created_at",), name="outbox_age"),
        )

    def again(self, dedupe_key: str, **changes: Any) -> "Message":
        """A row, not written yet, that owes the same as this one but for these changes."""
        same = ("channel", "incident_key", "kind", "rank", "payload", "created_at")
        return Message(**{name: getattr(self, name) for name in same} | {"dedupe_key": dedupe_key[:120]} | changes)

    def __str__(self) -> str:
        return f"message {self.pk} to {self.channel}: {self.kind} {self.state}"


class Channel(models.Model):
    """The state of one channel, shared by all workers.

    `owner` holds the channel until `leased_until`: one sender at a time keeps order and pace. `open_at` is when it may
    be tried again (pace, `Retry-After`, backoff, the next trial of a broken one). `broken_reason` stops it until a
    trial succeeds or the configuration, whose hash is `fingerprint`, changes; `broken_at` stays until it has taken a
    notice; `failures` counts refusals in a row.
    """

    name = models.CharField(max_length=20, unique=True)
    owner = models.CharField(max_length=120, blank=True)
    leased_until = models.DateTimeField()
    open_at = models.DateTimeField()
    failures = models.PositiveIntegerField(default=0)
    broken_reason = models.CharField(max_length=200, blank=True)
    broken_at = models.DateTimeField(null=True)
    fingerprint = models.CharField(max_length=64, blank=True)
    last_sent_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=500, blank=True)

    def __str__(self) -> str:
        return f"channel {self.name}"
