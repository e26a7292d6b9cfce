"""Every named reason in words: as decisions are explained, and as notices tell it. A pure table."""

from collections.abc import Mapping
from typing import NamedTuple


class Words(NamedTuple):
    """One reason: `decided` for whoever asks why, `told` for whoever is told; empty where it never comes up there."""

    decided: str
    told: str = ""


WORDS: Mapping[str, Words] = {
    "first_breach": Words("over the threshold for the first time", "first time over the threshold"),
    "still_breached": Words("still over the threshold, already told"),
    "value_doubled": Words("at least double what it was, in a full window", "at least twice the value last told"),
    "grows_faster": Words("grows at least twice as fast as before"),
    "repeat_due": Words("the reminder interval has passed", "still over the threshold, reminder due"),
    "window_not_settled": Words("under the threshold, but only a settled window may clear it"),
    "clear_window_before_breach": Words("this settled window ends before the breach, so it proves no recovery"),
    "recovery_started": Words("the first settled window that is clear; it has to stay so"),
    "recovery_not_over": Words("clear, but not for long enough yet"),
    "recovered": Words("settled windows stayed clear for the whole hold", "at or under the threshold for long enough"),
    "breached_again": Words("over the threshold again while recovering"),
    "threshold_raised": Words("the threshold was raised past the value", "the threshold was raised"),
    "changes_often": Words(
        "opened and closed too often: told once, then quiet until stable", "started and stopped too often"
    ),
    "flapping_quiet": Words("flapping: quiet until it is stable"),
    "no_data": Words("Sentry answered, but there is nothing to judge"),
    "partial_answer": Words("Sentry answered only in part: judged neither way"),
    "source_error": Words("Sentry did not answer: judged neither way"),
    "dropped_by_quota": Words("Sentry drops events by quota: a low count proves no recovery"),
    "stable_clear": Words(
        "clear for long enough to have stopped coming and going", "stopped coming and going, at or under the threshold"
    ),
    "stable_breached": Words(
        "over the threshold for long enough to have stopped coming and going",
        "stopped coming and going, over the threshold",
    ),
    "too_little_traffic": Words(
        "too little traffic to judge by, for long: ended without being over", "too little traffic to judge by, for long"
    ),
    "not_visible": Words(
        "the token no longer sees the project: ended without being over", "the token no longer sees the project"
    ),
    "not_watched": Words(
        "the configuration no longer names this project or environment", "the configuration no longer includes it"
    ),
    "found_late": Words(
        "found afterwards: when it began nothing was being judged, or Sentry did not show it yet",
        "found late, not known to have ended",
    ),
    "ingestion_behind": Words(
        "Sentry's ingestion is behind: late events would change this", "Sentry shows events late"
    ),
    "ingestion_unknown": Words("whether Sentry's ingestion is behind has still to be asked before this may end"),
    "ingestion_caught_up": Words("Sentry's ingestion has caught up", "Sentry shows events in time again"),
    "dropping_began": Words("Sentry began to drop events", "Sentry drops events by quota or spike protection"),
    "dropping_stopped": Words("Sentry drops no events any more"),
    "late_and_over": Words("it was over when it was found", "found late, already over"),
    "nothing_open": Words("clear, and nothing is open"),
    "no_good_reading": Words("nothing could be read from Sentry for a while", "Sentry could not be read"),
    "sight_regained": Words("Sentry answers again", "Sentry can be read again"),
    "acknowledged": Words("a reminder was due, but somebody has it in hand", "somebody has it in hand"),
    "silence_ended": Words(
        "the silence is over, and it is still over the threshold", "the silence is over and it is still broken"
    ),
    "first_seen": Words("this error type was never seen before", "first time this error type was seen"),
    "not_acknowledged": Words("", "nobody has acknowledged it in time"),
    "channel_broken": Words("", "a channel refuses our notices"),
    "channel_mended": Words("", "a channel takes our notices again"),
    "digest": Words("", "several notices in one message"),
    "stale_summary": Words("", "notices that could not be delivered in time"),
}


def decided(name: str) -> str:
    """Why it was decided so, tick by tick."""
    return (name in WORDS and WORDS[name].decided) or name


def told(name: str) -> str:
    """The same as notices and the page say it."""
    return (name in WORDS and WORDS[name].told) or name.replace("_", " ")
