"""The recent past cut into blocks with every project's errors, and which windows in it were over a threshold. Pure.

Of each block we know how many errors it holds, the first and the last. A window that holds whole blocks has at least
their sum, one that touches blocks has at most their sum. Where neither decides, a block at an edge has to be split.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from alerting.rules.model import Window

# A burst that leaves this share of the window free is found wherever the blocks are cut.
FINEST_SHARE = 30
CALM_SPAN = timedelta(minutes=15)


class Count(NamedTuple):
    """Errors of one project in one block; the first and the last lie within these (epoch seconds)."""

    errors: int
    first: float
    last: float


@dataclass(slots=True)
class Block:
    """`counts` by project id as last read; `unjudged` tells since when (epoch seconds) a count waits to be judged."""

    start: datetime
    end: datetime
    counts: dict[str, Count] = field(default_factory=dict)
    unjudged: dict[str, float] = field(default_factory=dict)

    @property
    def length(self) -> timedelta:
        return self.end - self.start

    def errors(self, project_id: str) -> int:
        found = self.counts.get(project_id)
        return found.errors if found else 0

    def replace(self, counts: Mapping[str, Count], now: datetime) -> None:
        """What a new reading says; growth has to be judged."""
        for project, count in counts.items():
            if count.errors > self.errors(project):
                self.unjudged[project] = now.timestamp()
        self.counts = dict(counts)

    def split(self, at: datetime, left: Mapping[str, Count], now: datetime) -> tuple["Block", "Block"]:
        """Two blocks instead of one, given what the left one holds; what waits to be judged waits in both."""
        edge = at.timestamp()
        one, other = Block(self.start, at, dict(left)), Block(at, self.end)
        for project, count in self.counts.items():
            rest = count.errors - one.errors(project)
            if rest > 0:
                other.counts[project] = Count(rest, max(edge, count.first), max(edge, count.last))
        for part in (one, other):
            part.unjudged = {project: since for project, since in self.unjudged.items() if project in part.counts}
        for project, count in left.items():
            if count.errors > self.errors(project):
                one.unjudged[project] = now.timestamp()
        return one, other


@dataclass(frozen=True, slots=True)
class Told:
    """A stretch of one project that people know about: its errors are no news. `end` None means it still lasts."""

    start: datetime
    end: datetime | None
    late: bool = False

    def covers(self, first: float, last: float) -> bool:
        return self.start.timestamp() <= first and (self.end is None or last < self.end.timestamp())

    def meets(self, first: float, last: float) -> bool:
        return self.start.timestamp() <= last and (self.end is None or first < self.end.timestamp())

    def runs_on_from(self, stretch: Window, length: timedelta) -> bool:
        """Whether this incident is how the stretch went on: then it is told."""
        return not self.late and stretch.start < self.start <= stretch.end + length / 2

    def is_continued_by(self, stretch: Window, length: timedelta) -> bool:
        """Whether the stretch belongs to what was found late before."""
        if not self.late or self.end is None:
            return False
        return stretch.start - self.end <= length and self.start - stretch.end <= length


@dataclass(frozen=True, slots=True)
class Cut:
    """A block that must be split before windows around it can be judged; `most` is what one of them may hold."""

    block: Block
    at: datetime
    most: int


@dataclass(frozen=True, slots=True)
class Judged:
    """`breaches` are stretches whose windows were over the threshold, `cuts` what is undecided, each at an edge."""

    breaches: tuple[Window, ...] = ()
    cuts: tuple[Cut, ...] = ()


@dataclass(frozen=True, slots=True)
class _Piece:
    """One block as it matters to one project: the fewest and the most errors that are news."""

    block: Block
    first: float
    last: float
    least: int
    most: int
    is_new: bool


def judge(
    blocks: Sequence[Block], project_id: str, length: timedelta, threshold: float, told: Sequence[Told]
) -> Judged:
    """Every window of this length that holds errors not yet judged, without what has been told."""
    if not any(project_id in block.unjudged for block in blocks):
        return Judged()
    pieces = _pieces(blocks, project_id, told)
    seconds = length.total_seconds()
    breached = list(_breached(pieces, seconds, threshold))
    cuts: list[Cut] = []
    undecided: list[Window] = []
    for held in _touched(pieces, seconds):
        most = sum(each.most for each in held)
        if most <= threshold or not any(each.is_new for each in held):
            continue
        span = _span(held[0].first, held[-1].last)
        # Where there is a breach already, only what is too coarse to tell how far it reaches is split.
        edges = [each for each in (held[0], held[-1]) if each.last - each.first >= seconds and each.most > threshold]
        if not edges and not any(_overlap(span, run) for run in breached):
            edges = [held[0], held[-1]]
        cut = _cut(edges, most, length, told)
        if cut is not None:
            cuts.append(cut)
            undecided.append(Window(span.start - length, span.end + length))
    runs = _joined(breached, length)
    return Judged(tuple(run for run in runs if not any(_overlap(run, each) for each in undecided)), tuple(cuts))


def most_in_a_window(blocks: Sequence[Block], project_id: str, length: timedelta) -> int:
    """The largest number a window can hold by these counts."""
    pieces = _pieces(blocks, project_id, ())
    return max((sum(each.most for each in held) for held in _touched(pieces, length.total_seconds())), default=0)


def usual_shares(blocks: Sequence[Block]) -> dict[str, float]:
    """In which share of minutes each project has errors, at its calmest: an incident of an hour or two changes little.

    The last minutes are left out; what is missing from them is what this is compared with.
    """
    if not blocks:
        return {}
    end = blocks[-1].end - CALM_SPAN
    spans: dict[int, list[Block]] = {}
    for block in blocks:
        if block.end <= end:
            spans.setdefault(int((end - block.end) / CALM_SPAN), []).append(block)
    shares: dict[str, list[float]] = {}
    projects = {project for block in blocks for project in block.counts}
    for inside in spans.values():
        minutes = sum(block.length.total_seconds() for block in inside) / 60
        for project in projects:
            heard = sum(min(block.length.total_seconds() / 60, block.errors(project)) for block in inside)
            shares.setdefault(project, []).append(heard / minutes)
    return {project: sorted(each)[len(each) // 4] for project, each in shares.items() if sorted(each)[len(each) // 4]}


def merged(blocks: Sequence[Block], older_than: datetime, longest: timedelta) -> list[Block]:
    """The same past in fewer blocks: what is old goes together, unless a window of it has still to be judged."""
    result: list[Block] = []
    needed = _beside_unjudged(blocks, longest)
    for block in blocks:
        last = result[-1] if result else None
        if (
            last is not None
            and last.end == block.start
            and block.end <= older_than
            and block.end - last.start <= longest
            and last.start not in needed
            and block.start not in needed
        ):
            result[-1] = Block(last.start, block.end, _added(last.counts, block.counts))
        else:
            result.append(block)
    return result


def _beside_unjudged(blocks: Sequence[Block], length: timedelta) -> set[datetime]:
    """The starts of blocks that lie in one window with what waits to be judged: they may have been split for it.

    Two passes: hundreds of blocks may wait after an outage, and this is asked in every tick.
    """
    found: set[datetime] = set()
    ends: datetime | None = None
    for block in blocks:
        ends = block.end if block.unjudged else ends
        if ends is not None and block.start < ends + length:
            found.add(block.start)
    begins: datetime | None = None
    for block in reversed(blocks):
        begins = block.start if block.unjudged else begins
        if begins is not None and block.end > begins - length:
            found.add(block.start)
    return found


def _added(one: Mapping[str, Count], other: Mapping[str, Count]) -> dict[str, Count]:
    counts = dict(one)
    for project, count in other.items():
        before = counts.get(project)
        counts[project] = Count(before.errors + count.errors, before.first, count.last) if before else count
    return counts


def _pieces(blocks: Sequence[Block], project_id: str, told: Sequence[Told]) -> list[_Piece]:
    pieces: list[_Piece] = []
    for block in blocks:
        count = block.counts.get(project_id)
        if count is None or any(each.covers(count.first, count.last) for each in told):
            continue
        least = 0 if any(each.meets(count.first, count.last) for each in told) else count.errors
        pieces.append(_Piece(block, count.first, count.last, least, count.errors, project_id in block.unjudged))
    return pieces


def _breached(pieces: Sequence[_Piece], seconds: float, threshold: float) -> Iterator[Window]:
    """Runs of whole blocks whose errors fit into one window and are over the threshold."""
    end, total = 0, 0
    for first, piece in enumerate(pieces):
        if end < first:
            end, total = first, 0
        while end < len(pieces) and pieces[end].last - piece.first < seconds:
            total += pieces[end].least
            end += 1
        if total > threshold and any(each.is_new for each in pieces[first:end]):
            held = [each for each in pieces[first:end] if each.least]
            yield _span(held[0].first, held[-1].last)
        if end > first:
            total -= piece.least


def _touched(pieces: Sequence[_Piece], seconds: float) -> Iterator[Sequence[_Piece]]:
    """Every largest set of blocks that one window can hold errors of."""
    end = 0
    for first, piece in enumerate(pieces):
        end = max(first + 1, end)
        while end < len(pieces) and pieces[end].first - piece.last < seconds:
            end += 1
        yield pieces[first:end]


def _cut(edges: Sequence[_Piece], most: int, length: timedelta, told: Sequence[Told]) -> Cut | None:
    """Split the longest of these: where something told begins or ends, else in its middle; None if all are too fine."""
    for piece in sorted(edges, key=lambda each: each.last - each.first, reverse=True):
        block = piece.block
        for each in told:
            for edge in (each.start, each.end):
                if edge is not None and block.start < edge < block.end and piece.first < edge.timestamp() <= piece.last:
                    return Cut(block, edge, most)
        finest = max(2.0, length.total_seconds() / FINEST_SHARE)
        if piece.last - piece.first > finest and piece.most > 1:
            middle = datetime.fromtimestamp(int((piece.first + piece.last) / 2), UTC)
            return Cut(block, max(middle, block.start + timedelta(seconds=1)), most)
    return None


def _joined(runs: Sequence[Window], length: timedelta) -> list[Window]:
    """Runs as stretches: what lies less than a window apart is one."""
    joined: list[Window] = []
    for run in sorted(runs):
        if joined and run.start - joined[-1].end < length:
            joined[-1] = Window(joined[-1].start, max(joined[-1].end, run.end))
        else:
            joined.append(run)
    return joined


def _span(first: float, last: float) -> Window:
    return Window(datetime.fromtimestamp(int(first), UTC), datetime.fromtimestamp(int(last) + 1, UTC))


def _overlap(one: Window, other: Window) -> bool:
    return one.start < other.end and other.start < one.end
