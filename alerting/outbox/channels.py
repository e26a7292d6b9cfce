"""Who may send on a channel: one sender at a time, at the channel's pace, and only now and then while it is broken."""

from datetime import datetime, timedelta

from django.db.models import Q

from alerting import owner, written_later
from alerting.outbox import backoff
from alerting.outbox.clean import clean
from alerting.outbox.models import Channel

LEASE = timedelta(seconds=45)


def get(name: str, now: datetime) -> Channel:
    """The channel's row, made on first use."""
    row, _ = Channel.objects.get_or_create(name=name, defaults={"leased_until": now, "open_at": now})
    return row


def hold(name: str, now: datetime) -> bool:
    """Take the channel unless somebody living holds it."""
    row = get(name, now)
    free = Q(owner="") | Q(owner=owner.me()) | Q(leased_until__lt=now)
    if row.owner and owner.is_dead(row.owner):
        free |= Q(owner=row.owner)
    return Channel.objects.filter(free, name=name).update(owner=owner.me(), leased_until=now + LEASE) == 1


def renew(name: str, now: datetime) -> bool:
    """Still ours, for another lease? Asked right before each sending; no means stop at once."""
    return Channel.objects.filter(name=name, owner=owner.me()).update(leased_until=now + LEASE) == 1


def release(name: str, now: datetime) -> None:
    """Let the next sender in; where that is written only later, what this process holds anew by then stays held."""
    held = Channel.objects.filter(name=name, owner=owner.me())
    written_later.write(
        lambda: held.update(owner=""), lambda: held.filter(leased_until__lte=now + LEASE).update(owner="")
    )


def wait(name: str, now: datetime) -> float:
    """Seconds until the channel may be used: pace, `Retry-After`, backoff."""
    return max(0.0, (Channel.objects.get(name=name).open_at - now).total_seconds())


def keep_pace(name: str, pace: timedelta, now: datetime) -> None:
    """Note that something was just sent."""
    if pace:
        Channel.objects.filter(name=name, open_at__lt=now + pace).update(open_at=now + pace)


def mark_broken(name: str, reason: str, fingerprint: str, now: datetime) -> bool:
    """Stop the channel until its next trial; true where it was not stopped before, or not for this reason."""
    reason = clean(reason, 200) or "unknown"
    row = Channel.objects.select_for_update().get(name=name)
    is_news = row.broken_reason != reason
    row.broken_at = row.broken_at or now
    row.broken_reason, row.fingerprint = reason, fingerprint
    row.save(update_fields=("broken_reason", "broken_at", "fingerprint"))
    put_off_trial(name, now)
    return is_news


def put_off_trial(name: str, now: datetime) -> None:
    """Note one more refusal of a broken channel: the next trial comes later than the last one did."""
    for row in Channel.objects.select_for_update().filter(name=name).exclude(broken_reason=""):
        row.failures += 1
        row.open_at = now + timedelta(seconds=backoff.trial(row.failures))
        row.save(update_fields=("failures", "open_at"))


def try_again(now: datetime) -> int:
    """Let every broken channel be tried with its next notice, whatever its last trial said; returns how many."""
    return Channel.objects.exclude(broken_reason="").update(open_at=now)


def reopen(name: str, now: datetime) -> None:
    """Use a broken channel again. Whether it works is known only when it has taken a notice."""
    Channel.objects.filter(name=name).exclude(broken_reason="").update(
        broken_reason="", failures=0, last_error="", open_at=now
    )


def mend(name: str, now: datetime) -> datetime | None:
    """Note that a channel has taken a notice; since when it had been broken, None where it had not."""
    row = Channel.objects.filter(name=name).exclude(broken_at=None).first()
    if row is None:
        return None
    reopen(name, now)
    Channel.objects.filter(name=name).update(broken_at=None)
    return row.broken_at


def clock_went_back(now: datetime) -> None:
    """Leases and pauses written under the old clock end now."""
    Channel.objects.filter(leased_until__gt=now).update(leased_until=now)
    Channel.objects.filter(open_at__gt=now).update(open_at=now)
