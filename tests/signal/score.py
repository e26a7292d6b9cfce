"""What people were told, held against the truth: missed, false, late, repeats, delays, nagging."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from alerting.outbox.message import Kind, Notice
from tests.signal.drive import Run, Told
from tests.signal.history import ERROR_LEVELS, HOUR, MINUTE, History, seconds
from tests.signal.true_breaches import COUNT_WINDOW, NOISE, RULES, Breach, Facts, breaches

OPENING = frozenset({Kind.FIRST, Kind.LATE, Kind.FLAPPING})
SETTLE, KEEP, GRID = 120, 120, 60
LATE_AFTER = 5 * MINUTE
# A gap this short between two breaches is one incident: recovery takes longer to be believed.
FLAT = (" [flat]", " [steady over]", " [rate]", " [renamed]")
ONE_INCIDENT = SETTLE + KEEP + GRID


@dataclass(slots=True)
class Period:
    """From a notice that opens to the one that closes; `claims_from` is when it says that it began."""

    opened: Told
    claims_from: float
    closed: Told | None = None
    claims_to: float = float("inf")


@dataclass(slots=True)
class Score:
    """The figures; every list holds sentences about single cases, so that each can be looked at."""

    incidents: int = 0
    missed: list[str] = field(default_factory=list)
    false: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)
    repeats: list[str] = field(default_factory=list)
    resolved_while_broken: list[str] = field(default_factory=list)
    unjudged_reminders: list[str] = field(default_factory=list)
    flapping: list[str] = field(default_factory=list)
    worse_of_flat: list[str] = field(default_factory=list)
    detection: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    reset: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    kinds: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    most_pairs: int = 0
    brief: int = 0
    brief_told: int = 0


def score(history: History, run: Run) -> Score:
    """All figures of one run. Slack is looked at, where every rule is told; mail is a part of it."""
    return _Scorer(history, run).result()


class _Scorer:
    def __init__(self, history: History, run: Run) -> None:
        self.history, self.run, self.score = history, run, Score()
        self.facts = {project.id: Facts(project) for project in history.projects}
        self.truth = {
            (rule, project): breaches(history, facts, rule) for project, facts in self.facts.items() for rule in RULES
        }
        self.told: dict[tuple[str, str], list[Told]] = defaultdict(list)
        for each in run.told:
            project = history.project(each.notice.project)
            if each.channel == "slack" and project is not None:
                self.told[each.notice.rule, project.id].append(each)

    def result(self) -> Score:
        for each in self.run.told:
            if each.channel == "slack" and each.notice.rule in RULES:
                self.score.kinds[each.notice.kind.value] += 1
        for rule in RULES:
            for project in self.history.projects:
                self._judge(rule, project.id)
        self._new_types()
        twice = len(self.run.keys) - len(set(self.run.keys))
        if twice:
            self.score.repeats.append(f"{twice} messages were sent twice")
        return self.score

    def _judge(self, rule: str, project: str) -> None:
        told = self.told[rule, project]
        periods = _periods(told)
        for each in told:
            if each.notice.kind in OPENING and not self._is_true(project, each.notice):
                self.score.false.append(self._say(each, rule, "was never so"))
        for breach_group in _incidents(self.truth[rule, project]):
            self._find(breach_group, periods)
        for period in periods:
            if period.closed is not None:
                self._close(rule, project, period.closed)
        self._repeats(rule, project, periods)
        self._pairs(rule, periods)
        self._worse(rule, project, told)
        self._reminders(rule, project, told)

    def _find(self, group: Sequence[Breach], periods: Sequence[Period]) -> None:
        """Whether one true incident was told, and when."""
        start, end = group[0].start, group[-1].end
        if end + LATE_AFTER > self.history.length or group[0].readable + HOUR > self.history.length:
            return
        about = [each for each in periods if each.claims_from <= end + GRID and each.claims_to >= start]
        if not any(breach.sure for breach in group):
            self.score.brief += 1
            self.score.brief_told += bool(about)
            return
        self.score.incidents += 1
        first = group[0]
        said = f"{first.rule} of {first.project} from {_clock(start)} for {end - start:.0f} s{self._scene(first)}"
        if not about:
            self.score.missed.append(said)
            return
        delay = min(each.opened.at for each in about) - start
        readable = min(breach.readable for breach in group if breach.sure)
        waited = min(each.opened.at for each in about) - readable
        usual = 0 if first.rule == "critical_errors" else SETTLE + GRID
        if waited - usual > LATE_AFTER:
            self.score.late.append(f"{said}: told {waited:.0f} s after it could be read")
        if delay >= 0 and readable - start < 45 and not self.history.is_down(start):
            self.score.detection[first.rule].append(delay)

    def _close(self, rule: str, project: str, closed: Told) -> None:
        if closed.notice.kind is not Kind.RESOLVED or "threshold" in closed.notice.reason:
            return
        read = closed.at - SETTLE
        for breach in self.truth[rule, project]:
            if breach.start <= read - GRID and breach.end >= read:
                self.score.resolved_while_broken.append(self._say(closed, rule, "while broken"))
        history = next(each for each in self.history.projects if each.id == project)
        if not history.exists(closed.at):
            self.score.resolved_while_broken.append(self._say(closed, rule, "of a project that is gone"))
        ended = [breach.end for breach in self.truth[rule, project] if breach.end <= closed.at]
        if ended:
            self.score.reset[rule].append(closed.at - max(ended))

    def _repeats(self, rule: str, project: str, periods: Sequence[Period]) -> None:
        """Told although people knew of it. What was found late and was over before the open one began is another."""
        for number, after in enumerate(periods):
            if any(_is_known(before, after) for before in periods[:number]):
                self.score.repeats.append(self._say(after.opened, rule, "while it was told already"))

    def _pairs(self, rule: str, periods: Sequence[Period]) -> None:
        """The most "firing … resolved" pairs that end within any two hours."""
        ends = [each.closed.at for each in periods if each.closed is not None and each.opened.notice.kind is Kind.FIRST]
        for number, end in enumerate(ends):
            within = sum(end - 2 * HOUR < each <= end for each in ends[: number + 1])
            self.score.most_pairs = max(self.score.most_pairs, within)
            if within == 4:
                said = f"had its fourth end in two hours at {_clock(end)}"
                self.score.flapping.append(self._say(periods[0].opened, rule, said))

    def _worse(self, rule: str, project: str, told: Sequence[Told]) -> None:
        """Of what was flat and nothing else at that time, nothing was ever worse."""
        for each in told:
            scenes = self._scenes(project, each.at - 10 * MINUTE, each.at)
            if each.notice.kind is Kind.WORSE and scenes in FLAT:
                self.score.worse_of_flat.append(self._say(each, rule, "though it is flat"))

    def _reminders(self, rule: str, project: str, told: Sequence[Told]) -> None:
        for each in told:
            if each.notice.kind is not Kind.REMINDER:
                continue
            end = each.at - SETTLE - GRID
            blind = any(s.holds(each.at) and s.holds(each.at - KEEP) for s in self.history.api_down)
            too_few = rule != "critical_errors" and not any(
                self.facts[project].is_enough(rule, end - 600 - back, end - back) for back in (0, GRID, KEEP)
            )
            if blind or too_few:
                self.score.unjudged_reminders.append(self._say(each, rule, "cannot be judged"))

    def _is_true(self, project: str, notice: Notice) -> bool:
        """Whether the very window that the notice shows as its evidence was over the threshold."""
        start, end = _time(notice.window_start), _time(notice.window_end)
        facts = self.facts[project]
        return facts.is_enough(notice.rule, start, end) and facts.is_over(notice.rule, start, end, -NOISE)

    def _new_types(self) -> None:
        told = defaultdict(list)
        for each in self.run.told:
            if each.channel == "slack" and each.notice.rule == "new_issue":
                told[each.notice.issue.get("id", "")].append(each)
        for project in self.history.projects:
            for new in project.types:
                said = told.get(new.id, [])
                label = f"new type {new.id} ({new.level}) of {project.id} at {_clock(new.at)}"
                if new.level not in ERROR_LEVELS:
                    self.score.false += [label] if said else []
                    continue
                readable = self.history.up_again(new.readable)
                if readable + HOUR > self.history.length or not project.exists(readable):
                    continue
                self.score.incidents += 1
                if not said:
                    self.score.missed.append(label)
                elif len(said) > 1:
                    self.score.repeats.append(label)
                elif said[0].at - readable > LATE_AFTER and said[0].at - readable > (new.readable - new.at) / 2:
                    self.score.late.append(f"{label}: told {said[0].at - readable:.0f} s after it could be read")
                elif new.readable - new.at < 45 and not self.history.is_down(new.at):
                    self.score.detection["new_issue"].append(said[0].at - new.at)

    def _scene(self, breach: Breach) -> str:
        return self._scenes(breach.project, breach.start, breach.end)

    def _scenes(self, project: str, start: float, end: float) -> str:
        """What was made to happen there and then, for whoever looks at the case."""
        names = [
            each.name
            for each in self.history.scenes
            if each.project in {"", project} and each.start - MINUTE <= end and each.end + 20 * MINUTE >= start
        ]
        return f" [{', '.join(names)}]" if names else ""

    def _say(self, told: Told, rule: str, what: str) -> str:
        notice, project = told.notice, self.history.project(told.notice.project)
        scenes = self._scenes(project.id if project else "", told.at, told.at)
        return f"{_clock(told.at)} {notice.kind.value} {rule} of {notice.project} ({notice.value}) {what}{scenes}"


def _incidents(found: Sequence[Breach]) -> list[list[Breach]]:
    groups: list[list[Breach]] = []
    for breach in found:
        if groups and breach.start - groups[-1][-1].end < ONE_INCIDENT:
            groups[-1].append(breach)
        else:
            groups.append([breach])
    return groups


def _periods(told: Sequence[Told]) -> list[Period]:
    periods: list[Period] = []
    for each in told:
        notice = each.notice
        if notice.kind in OPENING:
            begins = [_time(text) for text in (notice.window_start, notice.opened_at, notice.first_error_at) if text]
            period = Period(each, min(begins))
            if notice.kind is Kind.LATE and notice.resolved_at:
                period.closed, period.claims_to = each, _time(notice.resolved_at)
            periods.append(period)
        elif notice.kind not in {Kind.REMINDER, Kind.WORSE}:
            for period in [one for one in periods if one.closed is None][-1:]:
                period.closed, period.claims_to = each, each.at
    return periods


def _is_known(before: Period, after: Period) -> bool:
    """Whether the earlier notice told of the same; its evidence begins up to a window before what broke."""
    still_open = before.closed is None or before.closed.at > after.opened.at
    both_late = before.opened.notice.kind is after.opened.notice.kind is Kind.LATE
    if still_open:
        return after.claims_to > before.claims_from + COUNT_WINDOW
    return both_late and after.claims_from + MINUTE < before.claims_to and before.claims_from + MINUTE < after.claims_to


def _time(text: str) -> float:
    return seconds(datetime.fromisoformat(text))


def _clock(at: float) -> str:
    day, rest = divmod(int(at), 24 * HOUR)
    return f"day {day} {rest // HOUR:02}:{rest // 60 % 60:02}:{rest % 60:02}"
