"""Every renderer with every kind of notice: the evidence is there; with hostile text: nothing gets out of its place."""

import re
from pathlib import Path

import pytest

from alerting.examples.afternoon import firing, new_issue, resolved
from alerting.examples.every_kind import digest, every_kind
from alerting.notifiers import render
from alerting.notifiers.email import mail_body
from alerting.notifiers.evidence import LAST_JUDGED
from alerting.notifiers.slack import slack_blocks
from alerting.outbox.message import Kind, Notice, TopError, Trend
from tests.notifiers.rendered import HIDDEN, block_texts, everything

KINDS = every_kind()
AT = "2026-11-23T12:08:00Z"
COURSES = ("It is rising.", "It is falling.", "Steady for the last 15 min.")
RUNBOOK = Path(__file__).resolve().parents[2] / "deploy" / "runbook.md"
SPOKEN_OR_DRAWN = ("html", "slack text")


@pytest.mark.parametrize("name", KINDS)
def test_every_notice_shows_project_value_and_threshold_everywhere(name: str) -> None:
    notice = KINDS[name]
    for where, shown in everything(notice).items():
        for line in notice.lines or (notice,):
            assert line.project in shown, where
            assert line.value.removesuffix(LAST_JUDGED) in shown, where
            assert line.threshold in shown, where


@pytest.mark.parametrize("name", ["firing", "reminder", "worse", "resolved", "rate", "p95", "late and over"])
def test_evidence_is_in_every_renderer(name: str) -> None:
    notice = KINDS[name]
    for where, shown in everything(notice).items():
        assert re.search(rf"{notice.window_end[11:19]} UTC \((5|10) min\)", shown), where
        assert notice.sample in shown, where
        assert notice.dataset in shown, where
        for note in notice.notes:
            assert note in shown, where
        if notice.first_error_at:
            assert f"{notice.first_error_at[:10]} {notice.first_error_at[11:19]} UTC" in shown, where
            assert "before this notice" in shown, where
    assert notice.link in render.as_text(render.view(notice))


@pytest.mark.parametrize("name", ["raised", "out of sight"])
def test_an_end_that_is_no_recovery_says_ended_and_why_and_never_resolved(name: str) -> None:
    for where, shown in everything(KINDS[name]).items():
        assert "[ended]" in shown, where
        assert "resolved" not in shown.lower() and "recovered" not in shown.lower(), where
        assert "threshold was raised" in shown or "no longer visible to this token" in shown, where


def test_the_first_notice_under_a_new_name_says_the_old_one_as_well() -> None:
    for where, shown in everything(KINDS["out of sight"]).items():
        assert "formerly shop" in shown and "storefront" in shown, where


def test_a_resolved_notice_says_resolved_how_long_and_how_bad() -> None:
    for where, shown in everything(KINDS["resolved"]).items():
        assert "resolved" in shown, where
        assert "Recovered after 1 h 46 min" in shown, where
        assert "from 2026-11-23 12:07:41 to 13:54:11 UTC" in shown, where
        assert "212 errors" in shown, where


def test_what_was_found_late_says_when_and_that_it_is_over() -> None:
    shown = render.view(KINDS["late and over"])
    assert shown.subject.startswith(
        "[late, already over] High, billing, production: 41 errors in 5 min at 2026-11-23 03:15 UTC"
    )


@pytest.mark.parametrize(
    ("notice", "subject"),
    [
        (firing(), "[firing] High, checkout, production: 37 errors in 5 min, rising, threshold 10 errors"),
        (
            firing(environment="", trend=None),
            "[firing] High, checkout: 37 errors in 5 min, threshold 10 errors",
        ),
        (
            resolved(environment=""),
            "[resolved] High, checkout: 1 error in 5 min, threshold 10 errors, lasted 1 h 46 min",
        ),
        (
            new_issue(environment=""),
            "[new] Medium, checkout: new error type CHECKOUT-4F2: OperationalError: could not connect to payments-db, "
            "server closed the connection",
        ),
        (digest(2), "[digest] High, production: 2 notices, 2 projects: service-000, service-001"),
        (KINDS["blind"], "[blind] High, sentry, staging: no reading from Sentry since 12:03 UTC"),
        (KINDS["channel"], "[channel broken] High, slack, staging: Slack does not take our notices any more"),
        (KINDS["behind"], "[firing] Medium, sentry, staging: Sentry has shown events late since 11:30 UTC"),
    ],
)
def test_the_subject_says_severity_place_value_and_where_it_goes(notice: Notice, subject: str) -> None:
    assert render.view(notice, "staging").subject == subject


@pytest.mark.parametrize("name", KINDS)
def test_severity_and_environment_stand_in_every_heading(name: str) -> None:
    heading = f"{KINDS[name].severity.capitalize()} · "
    for where, shown in everything(KINDS[name], "production").items():
        first = shown[: shown.index("production") + 10]
        assert heading in first and len(first) < 100, where


def test_the_errors_behind_it_are_named_with_count_place_age_link_and_share_of_the_whole() -> None:
    for where, shown in everything(firing()).items():
        assert "The 3 most frequent error types are 92% of all" in shown, where
        for error in firing().top_errors:
            assert f"{error.count} ×" in shown, where
            assert error.title[:60] in shown, where
            assert error.culprit in shown, where
        assert "first seen 14 d 4 h earlier" in shown, where
        assert "since release checkout@2.41.0" in shown, where
    assert 'href="https://acme.sentry.example/issues/4501/"' in mail_body.html(render.view(firing()))


def test_the_last_hour_is_shown_against_the_threshold() -> None:
    caption = "Last hour: over the threshold for up to 3 min"
    for where, shown in everything(firing()).items():
        assert caption in shown, where
        # Bars of table cells in HTML; a screen reader would name each block of Slack's fallback text.
        assert ("▁▂▂▁▁▁▁▁▁▁▁█" in shown) is (where not in SPOKEN_OR_DRAWN), where
    shown = render.view(KINDS["p95"]).bars
    assert shown is not None
    assert {bar.over > 0 for bar in shown.bars[-3:]} == {True}


@pytest.mark.parametrize(
    ("notice", "sentence", "word"),
    [
        (firing(), "It is rising.", "rising"),
        (firing(trend=Trend((90, 80, 70, 60, 40), 10, AT)), "It is falling.", "falling"),
        (firing(trend=Trend((37, 36, 38, 37, 37), 10, AT)), "", ""),
        (
            firing(kind=Kind.REMINDER, trend=Trend((37, 36, 38, 37, 37), 10, AT)),
            "Steady for the last 15 min.",
            "steady",
        ),
        (firing(trend=None), "", ""),
        (KINDS["escalated"], "", ""),
    ],
)
def test_where_it_goes_is_said_in_words_everywhere(notice: Notice, sentence: str, word: str) -> None:
    """But not of an hour drawn for an earlier notice, nor that a value is steady which is first told now."""
    for where, shown in everything(notice).items():
        assert [said for said in COURSES if said in shown] == [sentence] * bool(sentence), where
    assert [said for said in ("rising", "falling", "steady") if said in render.view(notice).subject] == [word] * bool(
        word
    )


def test_an_old_hour_says_until_when() -> None:
    shown = render.view(KINDS["escalated"]).bars
    assert shown is not None and shown.caption.startswith("The hour before 12:19 UTC: ")


@pytest.mark.parametrize("name", [name for name, notice in KINDS.items() if notice.value and not notice.lines])
def test_value_and_threshold_stand_there_once(name: str) -> None:
    notice = KINDS[name]
    value = notice.value.removesuffix(LAST_JUDGED)
    for where, shown in {**everything(notice), "subject": render.view(notice).subject}.items():
        said = re.findall(rf"\b{re.escape(value)}(?!\w)", shown, re.IGNORECASE)
        assert len(said) == 1 or (where == "subject" and not said), where
        assert not notice.threshold or len(re.findall(rf"\b{re.escape(notice.threshold)}(?!\w)", shown)) <= 1, where


@pytest.mark.parametrize(
    ("name", "order"),
    [
        ("firing", "37 errors|92% of all|KeyError|Last hour|First error|Open the first|In Sentry|Window|Dataset"),
        ("reminder", "50 errors|behind it|KeyError|Last hour|Peak|Open since|Open the first|In Sentry|Window|Dataset"),
        ("resolved", "Recovered|Peak|Was open|Acknowledged|Nothing to do|In Sentry|Window|Reason"),
        ("channel", "the token|Mend what|it is tried now|Refusal|Rule|Reason"),
    ],
)
def test_everywhere_it_stands_in_the_order_in_which_it_is_needed(name: str, order: str) -> None:
    for where, shown in everything(KINDS[name]).items():
        said = order.replace("In Sentry", "In Sentry" if where == "text" else "Open in Sentry").split("|")
        places = [shown.index(each) for each in said]
        assert places == sorted(places), (where, said, places)


def test_an_inbox_shows_the_first_error_after_the_subject() -> None:
    (hidden,) = HIDDEN.findall(mail_body.html(render.view(firing())))
    assert ">21 × OperationalError" in hidden and "37 errors" not in hidden
    (hidden,) = HIDDEN.findall(mail_body.html(render.view(KINDS["blind"])))
    assert ">Run alerting check: it says" in hidden


@pytest.mark.parametrize(
    ("errors", "counts", "said"),
    [
        (37, (21, 9, 4), "The 3 most frequent error types are 92% of all"),
        (10, (5,), "The most frequent error type is 50% of all"),
        (10_000, (5,), "The most frequent error type is less than 1% of all"),
        (1000, (996, 3), "The 2 most frequent error types are 99% of all"),
        (5, (5,), "One error type behind it, no others"),
        (4, (3, 2), "2 error types behind it, no others"),
    ],
)
def test_how_much_of_the_whole_they_make_is_never_rounded_to_all(
    errors: int, counts: tuple[int, ...], said: str
) -> None:
    top = tuple(TopError("x", "y", count, AT) for count in counts)
    assert render.view(firing(errors=errors, top_errors=top)).share == said


def test_notices_link_to_the_page_only_where_somebody_said_where_it_is() -> None:
    address = "https://alerts.example.com/incidents/5f0c3a1e-5f0c-3a1e-5f0c-3a1e5f0c3a1e/"
    shown = render.view(firing(), page_url="https://alerts.example.com")
    assert address in render.as_text(shown) and address in mail_body.html(shown)
    assert f"<{address}|Open the incident>" in slack_blocks.text(shown)
    assert render.view(firing()).page == ""
    assert render.view(KINDS["test"], page_url="https://alerts.example.com").page == ""


@pytest.mark.parametrize(
    ("name", "path", "called"),
    [
        ("digest", "/", "status page"),
        ("stale", "/", "status page"),
        ("channel", "/health/", "health page"),
        ("channel works again", "/health/", "health page"),
    ],
)
def test_what_is_about_no_single_incident_links_to_the_page_that_tells_more(name: str, path: str, called: str) -> None:
    address = f"https://alerts.example.com{path}"
    shown = render.view(KINDS[name], page_url="https://alerts.example.com/")
    assert f"\n{called.capitalize()}: {address}\n" in render.as_text(shown)
    assert re.search(rf'href="{address}"[^>]*>Open the {called}<', mail_body.html(shown))
    assert f"<{address}|Open the {called}>" in slack_blocks.text(shown)
    assert f"<{address}|Open the {called}>" in "\n".join(block_texts(slack_blocks.blocks(shown)))
    assert render.view(KINDS[name]).page == ""


def test_a_stopped_channel_has_a_refusal_and_neither_value_nor_threshold() -> None:
    for where, shown in everything(KINDS["channel"]).items():
        assert "invalid_auth" in shown and "Value" not in shown and "threshold" not in shown.lower(), where
    for where, shown in everything(KINDS["channel works again"]).items():
        assert "Value" not in shown and "Refusal" not in shown and "threshold" not in shown.lower(), where


@pytest.mark.parametrize("name", KINDS)
def test_notices_are_calm(name: str) -> None:
    for where, shown in everything(KINDS[name]).items():
        assert "!" not in shown, where
        assert "None" not in shown, where


def runbook() -> dict[str, str]:
    """What the runbook says to do, by the tag a subject starts with."""
    rows = [line.split("|") for line in RUNBOOK.read_text().splitlines() if line.startswith("| `[")]
    return {tag: row[3] for row in rows for tag in re.findall(r"`\[(.+?)\]`", row[1])}


@pytest.mark.parametrize("name", KINDS)
def test_the_next_step_is_the_runbooks(name: str) -> None:
    shown = render.view(KINDS[name])
    assert shown.next_step in runbook()[shown.tag]


def test_our_own_backticks_become_code() -> None:
    notice = firing(notes=("Run `alerting check` and `alerting outbox list`.",))
    assert "Run `alerting check` and `alerting outbox list`." in slack_blocks.text(render.view(notice))
    assert ">alerting check</code>" in mail_body.html(render.view(notice))


def test_times_inside_sentences_are_written_for_people() -> None:
    shown = render.view(firing(sentence="Unread since 2026-11-23T09:02:11Z.", trend=None))
    assert shown.sentence == "Unread since 2026-11-23 09:02:11 UTC."


def test_every_kind_has_a_sample_here() -> None:
    assert {notice.kind for notice in KINDS.values()} == set(Kind)
