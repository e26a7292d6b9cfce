"""Verdicts → incidents, transitions, decisions and outbox messages, in the caller's one transaction."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from alerting.incidents import decisions, quiet_issues, recent
from alerting.incidents import notice as notices
from alerting.incidents.desk import Desk
from alerting.incidents.lifecycle import Step, advance_all
from alerting.incidents.models import Decision, Incident, Transition
from alerting.incidents.quiet import Hush, Quiet, listen
from alerting.incidents.standing import Standing, State
from alerting.incidents.worsening import NOTHING_RECENT, Recent
from alerting.outbox import queue
from alerting.outbox.clean import clean, clean_json
from alerting.outbox.message import Kind
from alerting.outbox.queue import Debt
from alerting.rules.model import Key, Outcome, Project, Reading, Reason, Rule, Verdict

# What others keep in an incident's standing.
KEPT = ("noted", "escalated")
WORTH_SAYING = timedelta(minutes=2)
# What a decision changes of an open incident.
WRITTEN = (
    *("project", "state", "fired_at", "closed_at", "value", "peak", "threshold", "reason", "standing"),
    *("evidence", "notices"),
)


def open_incidents(environment: str) -> list[Incident]:
    """Every incident that is open for this environment filter."""
    return list(Incident.objects.filter(closed_at__isnull=True, environment=environment))


def every_open_incident() -> list[Incident]:
    """Those of other filters of environments, and those about ourselves, too."""
    return list(Incident.objects.filter(closed_at__isnull=True))


def open_projects(incidents: Iterable[Incident]) -> dict[str, frozenset[Project]]:
    """Projects with an open incident, by rule name."""
    found: dict[str, set[Project]] = defaultdict(set)
    for incident in incidents:
        found[incident.rule].add(Project(incident.project_id_text, incident.project))
    return {rule: frozenset(projects) for rule, projects in found.items()}


def settle(verdicts: Sequence[Verdict], open_now: Iterable[Incident], desk: Desk, now: datetime) -> int:
    """Write what these verdicts change of the open incidents, or open; returns how many notices are now owed."""
    standing = {each.key: each for each in open_now}
    by_key: dict[Key, list[Verdict]] = defaultdict(list)
    told_once: list[Verdict] = []
    for verdict in verdicts:
        if verdict.reading.issue is not None:
            told_once.append(verdict)
        elif verdict.outcome is Outcome.BREACHED or verdict.key in standing:
            by_key[verdict.key].append(verdict)
    told_once = _not_told_yet(told_once, desk.environment, now)
    if not by_key and not told_once:
        return 0
    page = _Page(desk, now, desk.quiet_at(now), recent.worsened(standing.values()))
    unknown = [key for key in by_key if key not in standing]
    earlier = recent.ended(unknown, desk.environment, desk.policy.flap_window, now)
    for key, judged in by_key.items():
        page.decide(standing.get(key), judged, earlier.get(key, NOTHING_RECENT))
    for verdict in told_once:
        page.decide(None, [verdict], NOTHING_RECENT)
    page.write()
    return sum(not debt.is_silenced for debt in page.debts)


@dataclass(slots=True)
class _Page:
    """What one tick writes, gathered so that it costs the same few queries whatever the number of incidents.

    `worse` is when each project's errors were last told as worse, by project id.
    """

    desk: Desk
    now: datetime
    quiet: Quiet
    worse: dict[str, datetime]
    created: list[Incident] = field(default_factory=list)
    changed: dict[int, Incident] = field(default_factory=dict)
    transitions: list[Transition] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    debts: list[Debt] = field(default_factory=list)

    def decide(self, incident: Incident | None, verdicts: list[Verdict], earlier: Recent) -> None:
        before = Standing.from_json(incident.standing) if incident else Standing()
        rule, project = verdicts[0].rule, verdicts[0].reading.project.id
        if rule.kind.counts_errors and project in self.worse:
            before = replace(before, worse_at=self.worse[project])
        for verdict, step in advance_all(before, verdicts, self.desk.policy, earlier):
            if incident is None and step.standing.state is State.OK and step.tell is None:
                continue
            if incident is None:
                incident = opened(rule, verdict.reading, self.desk.environment, step.why, self.now)
                self.created.append(incident)
            elif incident.pk is not None:
                self.changed[incident.pk] = incident
            self._apply(incident, before, step, verdict)
            before = step.standing
            if step.tell is Kind.WORSE and rule.kind.counts_errors:
                self.worse[project] = self.now

    def _apply(self, incident: Incident, before: Standing, step: Step, verdict: Verdict) -> None:
        reading, rule, now = verdict.reading, verdict.rule, self.now
        mute = self.quiet.covering(rule.name, reading.project.slug, reading.project.id, incident.environment)
        hush, in_hand = Hush(incident.standing.get("hush", "")), self.quiet.in_hand.get(incident.pk or 0, "")
        heard = listen(step, verdict, hush, mute, is_first=incident.notices == 0, in_hand=bool(in_hand))
        step = heard.step
        previous, old_threshold = incident.value, before.threshold or rule.threshold
        if reading.value is not None and _is_known(verdict):
            incident.value = reading.value
            incident.peak = max(incident.peak, reading.value)
        incident.threshold = rule.threshold
        told_as = str(incident.standing.get("told_as", incident.project))
        said = incident.standing.get("said", before.level.told)
        if reading.project.slug:
            incident.project = clean(reading.project.slug, 100)
        state = step.standing.state
        if state is not before.state or step.tell is not None:
            incident.reason, incident.evidence = step.why, _evidence(reading, rule)
            self.transitions.append(
                Transition(
                    incident=incident,
                    from_state=before.state,
                    to_state=state,
                    at=now,
                    reason=step.why,
                    evidence=incident.evidence,
                )
            )
        if step.tell is not None:
            incident.notices += 1
            told = notices.Told(
                incident.uid.hex,
                incident.notices,
                incident.opened_at,
                incident.peak,
                previous,
                old_threshold,
                before.thin_since,
                told_as if told_as != incident.project else "",
                before.level.told,
                _behind(before),
                said,
            )
            told_as = incident.project
            said = said if heard.is_silenced else incident.value
            notice = notices.compose(rule, reading, step, told, now, self.desk.links)
            self.debts += self.desk.debts(rule, replace(notice, in_hand=in_hand), heard.is_silenced)
        if state is State.FIRING and incident.fired_at is None:
            incident.fired_at = now
        if step.closes:
            incident.closed_at = now
        incident.state = state
        kept = {name: incident.standing[name] for name in KEPT if name in incident.standing}
        told_so_far = {"told_as": told_as, "said": said, "hush": heard.hush.value}
        incident.standing = {**kept, **step.standing.to_json(), **told_so_far}
        self.decisions += decisions.note(incident, step, verdict, now, changes=state is not before.state)

    def write(self) -> None:
        Incident.objects.bulk_create(self.created, batch_size=500)
        if self.changed:
            # An upsert and not bulk_update, whose CASE for every row and field takes seconds for a thousand incidents.
            Incident.objects.bulk_create(
                list(self.changed.values()),
                batch_size=500,
                update_conflicts=True,
                unique_fields=("id",),
                update_fields=WRITTEN,
            )
        Transition.objects.bulk_create(self.transitions, batch_size=500)
        Decision.objects.bulk_create(self.decisions, batch_size=500)
        closed = [pk for pk, incident in self.changed.items() if incident.closed_at is not None]
        if closed:
            decisions.thin(closed)
        queue.owe(self.debts, self.now)


def opened(rule: Rule, reading: Reading, environment: str, reason: str, at: datetime) -> Incident:
    """An incident that begins with this reading, not written yet."""
    return Incident(
        rule=rule.name,
        severity=rule.severity.value,
        project_id_text=clean(reading.project.id, 32),
        project=clean(reading.project.slug, 100),
        environment=environment,
        subject=clean(reading.issue.id, 64) if reading.issue else "",
        state=State.OK,
        opened_at=at,
        value=reading.value or 0.0,
        peak=reading.value or 0.0,
        threshold=rule.threshold,
        reason=reason,
    )


def _behind(standing: Standing) -> tuple[datetime, datetime, str] | None:
    """For how long it could not be judged; what lasted for a moment only is no news."""
    since, until = standing.behind_since, standing.behind_until
    if since is None or until is None or until - since < WORTH_SAYING:
        return None
    return since, until, standing.behind_why


def _is_known(verdict: Verdict) -> bool:
    """Whether a reading's value says something: too small a sample does not, nor a zero that may be blindness."""
    return verdict.reason is not Reason.TOO_FEW_TRANSACTIONS and not verdict.reading.absent


def _evidence(reading: Reading, rule: Rule) -> dict[str, Any]:
    evidence: dict[str, Any] = {
        "value": reading.value,
        "threshold": rule.threshold,
        "trust": reading.trust.value,
        "window": [reading.window.start.isoformat(), reading.window.end.isoformat()],
        "settled": reading.settled,
        "sample": reading.sample,
        "stored": reading.stored,
        "dataset": reading.dataset,
        "levels": list(rule.levels),
        "note": reading.note,
        **reading.detail,
    }
    if reading.issue is not None:
        issue = reading.issue
        evidence["issue"] = {"title": issue.title, "culprit": issue.culprit, "level": issue.level}
    cleaned: dict[str, Any] = clean_json(evidence)
    return cleaned


def _not_told_yet(verdicts: Sequence[Verdict], environment: str, now: datetime) -> list[Verdict]:
    """Each new issue once: repeats within this answer, and issues that are known from earlier, are left out."""
    by_subject = {verdict.reading.issue.id: verdict for verdict in verdicts if verdict.reading.issue is not None}
    if not by_subject:
        return []
    told = Incident.objects.filter(environment=environment, subject__in=list(by_subject))
    known = {*told.values_list("subject", flat=True), *quiet_issues.among(list(by_subject), environment)}
    new = {subject: verdict for subject, verdict in by_subject.items() if subject not in known}
    quiet = [subject for subject, verdict in new.items() if verdict.outcome is Outcome.CLEAR]
    quiet_issues.remember(quiet, environment, now)
    return [verdict for verdict in new.values() if verdict.outcome is Outcome.BREACHED]
