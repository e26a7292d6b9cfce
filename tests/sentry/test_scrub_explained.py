"""The scrubber says why: remarks in `_meta`, `explain`, and the command that shows a log before and after."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from alerting.sentry.scrub import MARKER, Scrubber, explain, scrub_event
from tests.sentry.corpus import rows

TOKEN = "ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a"


def test_each_cut_carries_its_rule_where_sentry_looks_for_it() -> None:
    after = scrub_event({"message": f"sent {TOKEN} twice", "extra": {"a": [{"api_key": "k81x"}]}}, {})
    assert after["message"] == "sent [Filtered] twice"
    assert after["_meta"] == {
        "message": {"": {"rem": [["github-token", "s", 5, 15]], "len": 51}},
        "extra": {"a": {"0": {"api_key": {"": {"rem": [["named", "s", 0, 10]], "len": 4}}}}},
    }


def cut_at(value: Any, path: tuple[Any, ...] = ()) -> set[tuple[Any, ...]]:
    """Where the marker stands in what is left of an event."""
    if isinstance(value, dict | list | tuple):
        steps = value.items() if isinstance(value, dict) else enumerate(value)
        return {found for step, item in steps if step != "_meta" for found in cut_at(item, (*path, step))}
    return {path} if MARKER in str(value) else set()


def test_no_cut_is_without_its_rule() -> None:
    untold = {}
    for row in rows():
        if MARKER not in str(row.event) and (
            missing := cut_at(scrub_event(row.event, {})) - {one.path for one in explain(row.event)}
        ):
            untold[row.name] = missing
    assert untold == {}


def test_remarks_that_the_event_came_with_stay() -> None:
    theirs = {"extra": {"big": {"": {"len": 9000}}}}
    after = scrub_event({"_meta": theirs, "extra": {"big": "…", "pin": 4711}}, {})
    assert after["_meta"]["extra"] == {"big": {"": {"len": 9000}}, "pin": {"": {"rem": [["named", "s", 0, 10]]}}}
    assert theirs == {"extra": {"big": {"": {"len": 9000}}}}


def test_an_event_without_secrets_gets_no_remarks() -> None:
    assert scrub_event({"message": "hello", "extra": {"n": 3}}, {}) == {"message": "hello", "extra": {"n": 3}}


def test_logs_and_check_ins_get_none_because_sentry_reads_none_there() -> None:
    log = {"body": "password=hunter2x", "attributes": {"api_key": {"value": "k81x", "type": "string"}}}
    assert "_meta" not in scrub_event(log, {})
    assert "_meta" not in scrub_event({"check_in_id": "1", "environment": "password=hunter2x", "extra": "pin=1"}, {})


def test_explain_tells_path_rule_and_what_is_left() -> None:
    told = explain({"request": {"headers": {"X-Api-Key": "q8Zt"}, "url": "https://u:tr1cky@h/a"}})
    assert [(one.path, one.rule, one.left) for one in told] == [
        (("request", "headers", "X-Api-Key"), "named", "[Filtered]"),
        (("request", "url"), "url-userinfo", "https://u:[Filtered]@h/a"),
    ]
    assert explain("nothing here") == []


def test_what_fails_costs_one_text_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    scrub = Scrubber(extra_keys=["x"])
    read = scrub._engine._texts._find

    def broken(text: str, *how: Any) -> Any:
        if "boom" in text:
            raise RuntimeError("broken")
        return read(text, *how)

    monkeypatch.setattr(scrub._engine._texts, "_find", broken)
    after = scrub({"exception": {"values": [{"type": "E", "value": "token=boom"}, {"type": "F", "value": "fine"}]}})
    assert after["exception"]["values"] == [{"type": "E", "value": "[Filtered]"}, {"type": "F", "value": "fine"}]
    assert after["_meta"]["exception"]["values"]["0"]["value"][""]["rem"][0][0] == "failed"
    assert scrub.failures == 1


def test_a_rule_that_is_switched_off_leaves_what_it_would_cut() -> None:
    event = {"message": f"mail jo@example.org sent {TOKEN}"}
    assert Scrubber(without=["email"])(event)["message"] == "mail jo@example.org sent [Filtered]"
    assert Scrubber(without=["github-token"])(event)["message"] == f"mail [Filtered] sent {TOKEN}"


@pytest.mark.parametrize(
    ("rule", "event"),
    [
        ("named", {"extra": {"password": "hunter2"}, "message": "password=hunter2"}),
        (
            "sql-parameter",
            {"extra": {"sql": "UPDATE u SET password = %s", "params": ["q7Kx2m"], "args": "('q7Kx2m',)"}},
        ),
    ],
)
def test_a_reader_that_is_switched_off_leaves_it_wherever_it_stands(rule: str, event: dict[str, Any]) -> None:
    assert {one.rule for one in explain(event)} == {rule}
    assert Scrubber(without=[rule])(event) == event


def test_every_mistake_is_named_at_the_start() -> None:
    with pytest.raises(ValueError, match="not a regular expression") as raised:
        Scrubber(
            extra_keys=["---", 7],  # type: ignore[list-item]
            extra_patterns=["(", "x*", (r"EMP-\d{6}", "EMP-12")],
            allow="session_id",
            without=["emails"],
        )
    for told in ["'---'", "7", "'('", "'x*' matches the empty text", "'EMP-12'", "allow", "no rule 'emails'"]:
        assert told in str(raised.value)


def test_a_pattern_may_come_with_an_example_of_what_it_finds() -> None:
    scrub = Scrubber(extra_patterns=[(r"EMP-(?P<secret>\d{6})", "EMP-123456")])
    assert scrub({"message": "who EMP-123456 is"})["message"] == "who EMP-[Filtered] is"


def shown(*arguments: str, given: str = "") -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "alerting.sentry.scrub", *arguments], input=given, capture_output=True, text=True
    )


def test_a_log_is_shown_before_and_after_with_the_rules_and_a_summary() -> None:
    ran = shown("-", given=f"all well\nlogin with password=hunter2x failed\nsent {TOKEN}\n")
    assert ran.returncode == 0
    assert ran.stdout.splitlines() == [
        "line 2   named",
        "  - login with password=hunter2x failed",
        "  + login with password=[Filtered] failed",
        "line 3   github-token",
        f"  - sent {TOKEN}",
        "  + sent [Filtered]",
        "2 cuts by 2 rules: named 1, github-token 1",
    ]


def test_an_event_is_shown_by_the_paths_of_its_cuts(tmp_path: Path) -> None:
    (tmp_path / "event.json").write_text(json.dumps({"extra": {"db": {"password": "hunter2x"}}}, indent=2))
    ran = shown(str(tmp_path / "event.json"))
    assert ran.stdout.splitlines()[0] == "extra.db.password   named"


def test_a_value_under_a_name_that_is_cut_too_is_shown_without_it(tmp_path: Path) -> None:
    (tmp_path / "event.json").write_text(json.dumps({"extra": {"password=hunter2x": "token=ab12cd34ef"}}))
    ran = shown(str(tmp_path / "event.json"))
    assert ran.stdout.splitlines() == [
        "extra.password=[Filtered]   named",
        "  - (under a name that is cut as well)",
        "  + [Filtered]",
        "1 cut by 1 rule: named 1",
    ]


def test_a_file_that_cannot_be_read_and_no_file_at_all_end_with_a_message() -> None:
    assert (shown("/nowhere").returncode, shown("/nowhere").stderr) == (
        2,
        "cannot read /nowhere: No such file or directory\n",
    )
    assert shown().returncode == 2 and "usage: alerting scrub FILE|-" in shown().stderr
