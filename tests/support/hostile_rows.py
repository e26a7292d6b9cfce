"""A stranger's text in every place that a page shows; as a program, in the database of its environment."""

import sys
from datetime import UTC, datetime, timedelta

HOSTILE = (
    "</title></svg></textarea><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
    "' onmouseover='document.title=1' x=\""
)
# In which nothing can be broken between words.
LONGEST_NAME = "x" * 100


def fill(text: str = HOSTILE) -> int:
    """Write it everywhere; returns the number of an open incident."""
    from alerting.actions import perform, scope
    from alerting.actions.models import MaintenanceWindow
    from alerting.examples.afternoon import firing
    from alerting.incidents.models import Decision, Gap, LatestReadings, Transition
    from alerting.outbox.models import Channel, Message
    from tests.support.incidents import closed, evaluator, incident

    now = datetime.now(UTC)
    evaluator(memory={"sight": {"good": {}, "faults": {"errors": text}}})
    made = incident(text[:100], environment=text[:200], evidence={"note": text})
    closed(text[:100], rule="new_issue", subject="1", evidence={"issue": {"title": text}})
    who = perform.Actor(text[:80], "page", text[:60])
    perform.acknowledge(made.pk, who, now, text[:300])
    for project in (text[:100], LONGEST_NAME):
        perform.silence(scope.About(project=project), now + timedelta(hours=1), text[:300], who, now)
    incident(LONGEST_NAME)
    MaintenanceWindow.objects.create(
        project=text[:100],
        environment=text[:200],
        weekdays="1",
        starts=now.time(),
        minutes=5,
        time_zone="UTC",
        reason=text[:300],
        by=text[:80],
        created_at=now,
    )
    Channel.objects.create(
        name="slack",
        leased_until=now,
        open_at=now,
        broken_at=now,
        broken_reason=text[:200],
        last_error=text,
    )
    readings = {"critical_errors": {"1": [text, None, text], "2": [text, 3.0, ""]}}
    LatestReadings.objects.update_or_create(pk=1, defaults={"at": now, "readings": readings})
    Gap.objects.create(start=now - timedelta(hours=1), end=now, noticed_at=now, outcome=text[:200])
    Decision.objects.filter(incident=made).update(reason=text[:40], trust=text[:20], told=text[:20])
    Transition.objects.filter(incident=made).update(reason=text[:40], from_state=text[:12], to_state=text[:12])
    notice = firing(key=made.uid.hex, project=text).to_json()
    errors = [{**each, "title": text, "culprit": text, "link": "javascript:alert(1)"} for each in notice["top_errors"]]
    payload = {**notice, "top_errors": errors, "link": 'https://x.example/"onmouseover="alert(1)'}
    Message.objects.filter(incident_key=made.uid.hex).update(payload=payload, error=text)
    return made.pk


if __name__ == "__main__":
    import django

    django.setup()
    sys.stdout.write(f"{fill()}\n")
