"""init_sentry: what it reads, what it switches on, and how it refuses."""

import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sentry_sdk
from sentry_sdk.consts import DEFAULT_OPTIONS

from alerting import config
from alerting.sentry import SentrySetupError, init_sentry
from alerting.sentry.hooks import HOOKS
from alerting.sentry.options import OTHER_ENVIRONMENTS_RATE, RATE_BY_ENVIRONMENT
from tests.sentry.sdk import Kept

DSN = "https://public@sentry.invalid/1"


def options() -> dict[str, Any]:
    return sentry_sdk.get_client().options


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_importing_loads_no_other_library() -> None:
    heavy = "{'celery', 'django', 'redis', 'httpx', 'slack_sdk', 'pydantic', 'sqlalchemy', 'requests'}"
    assert run(f"import alerting.sentry, sys; print(sorted({heavy} & set(sys.modules)))") == "[]"


def test_it_works_with_sentry_sdk_alone() -> None:
    """Every other library is hidden, as in an application that installed nothing else."""
    code = """
import sys
for name in ("celery", "django", "redis", "httpx", "slack_sdk", "sqlalchemy", "pydantic", "requests"):
    sys.modules[name] = None
from alerting.sentry import ErrorTracker, init_sentry
seen = []
assert init_sentry(dsn="https://public@sentry.invalid/1", transport=seen.append) is True
try:
    1 / 0
except ZeroDivisionError as error:
    assert ErrorTracker.capture_exception(error, context={"order": 17})
import sentry_sdk
print(sentry_sdk.get_client().get_integration("logging") is not None)
"""
    assert run(code) == "True"


def test_without_a_dsn_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENTRY_TRACES_SAMPLE_RATE", "nonsense")

    assert init_sentry() is False
    assert not sentry_sdk.get_client().is_active()


def test_without_a_dsn_no_integration_is_imported() -> None:
    code = "import sys, alerting.sentry as s; s.init_sentry(); print({'celery', 'django', 'redis'} & set(sys.modules))"
    assert run(code) == "set()"


def test_the_environment_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENTRY_DSN", DSN)
    monkeypatch.setenv("SENTRY_ENVIRONMENT", "staging")
    monkeypatch.setenv("APP_VERSION", "shop@1.4.2")

    assert init_sentry(transport=Kept()) is True

    assert options()["dsn"] == DSN
    assert options()["environment"] == "staging"
    assert options()["release"] == "shop@1.4.2"
    assert options()["traces_sample_rate"] == 0.5


@pytest.mark.parametrize(
    ("environment", "rate"),
    [("production", 0.1), ("Production", 0.1), ("staging", 0.5), ("development", 1.0), (None, 1.0), ("qa", 1.0)],
)
def test_sample_rates_follow_the_environment(
    started: Callable[..., Kept], monkeypatch: pytest.MonkeyPatch, environment: str | None, rate: float
) -> None:
    if environment:
        monkeypatch.setenv("SENTRY_ENVIRONMENT", environment)
    started()

    assert options()["traces_sample_rate"] == rate
    assert options()["environment"] == environment or "development"


def test_the_evaluator_assumes_the_same_rates() -> None:
    """It scales what it reads by them; neither side may import the other."""
    assert RATE_BY_ENVIRONMENT == config.TRACES_RATE_BY_ENVIRONMENT
    assert config.load({"SENTRY_ENVIRONMENT": "qa"}).traces_sample_rate == OTHER_ENVIRONMENTS_RATE


def test_the_dsn_can_come_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "dsn").write_text(f"{DSN}\n")
    monkeypatch.setenv("SENTRY_DSN_FILE", str(tmp_path / "dsn"))

    assert init_sentry(transport=Kept())
    assert options()["dsn"] == DSN


def test_the_callers_options_win(started: Callable[..., Kept], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENTRY_TRACES_SAMPLE_RATE", "not read")
    started(traces_sample_rate=0.2, environment="eu", release="r7", max_breadcrumbs=7, server_name="web-1")

    assert options()["traces_sample_rate"] == 0.2
    assert (options()["environment"], options()["release"]) == ("eu", "r7")
    assert (options()["max_breadcrumbs"], options()["server_name"]) == (7, "web-1")


def test_every_mistake_is_named_at_once_and_no_secret_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENTRY_DSN", "https://topsecretkey@sentry.invalid/not-a-project")
    monkeypatch.setenv("SENTRY_TRACES_SAMPLE_RATE", "10%")
    monkeypatch.setenv("SENTRY_PROFILES_SAMPLE_RATE", "nan")

    with pytest.raises(ValueError) as caught:
        init_sentry(bogus=1, sample_rate=7, before_send="no function", ignore_errors=[3])

    assert isinstance(caught.value, SentrySetupError)
    assert str(caught.value).splitlines() == [
        "7 mistakes in the Sentry setup:",
        "  - bogus: sentry_sdk.init has no such option",
        "  - sample_rate: expected a number from 0.0 to 1.0, got 7",
        "  - before_send: expected a function of (item, hint), got 'no function'",
        "  - ignore_errors: expected a list of exception classes or their names, got [3]",
        "  - SENTRY_DSN: expected a DSN such as https://<key>@<host>/<project id>, got a value that is not shown",
        "  - SENTRY_TRACES_SAMPLE_RATE: expected a number from 0.0 to 1.0, got '10%'",
        "  - SENTRY_PROFILES_SAMPLE_RATE: expected a number from 0.0 to 1.0, got 'nan'",
    ]
    assert not sentry_sdk.get_client().is_active()


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"integrations": ["django"]}, "integrations: expected a list of integrations"),
        ({"_experiments": 5}, "_experiments: expected a dictionary"),
        ({"max_breadcrumbs": "many"}, "max_breadcrumbs: expected a number of at least 0"),
        ({"shutdown_timeout": -1}, "shutdown_timeout: expected a number"),
        ({"attach_stacktrace": "yes"}, "attach_stacktrace: expected True or False"),
        ({"traces_sampler": 0.5}, "traces_sampler: expected a function"),
        ({"event_scrubber": False}, "event_scrubber: expected an EventScrubber"),
        ({"scrub": ["password"]}, "scrub: expected a function"),
        ({"failed_request_status_codes": 404}, "failed_request_status_codes: expected a collection"),
        ({"failed_request_status_codes": ["404"]}, "failed_request_status_codes: expected a collection"),
        ({"environment": "eu/west"}, "SENTRY_ENVIRONMENT: expected a name"),
        ({"environment": "None"}, "SENTRY_ENVIRONMENT: expected a name"),
        ({"environment": "e" * 65}, "SENTRY_ENVIRONMENT: expected a name of at most 64"),
        ({"release": "feature/cart"}, "APP_VERSION: expected a name"),
        ({"release": 7}, "APP_VERSION: expected a name"),
        ({"dsn": "https://public@sen try.invalid/1"}, "SENTRY_DSN: expected a DSN"),
    ],
)
def test_what_would_fail_later_or_in_silence_is_a_mistake_now(given: dict[str, Any], complaint: str) -> None:
    with pytest.raises(SentrySetupError) as caught:
        init_sentry(**{"dsn": DSN, **given})
    assert len(caught.value.problems) == 1
    assert complaint in str(caught.value)


def test_options_of_every_kind_are_taken(started: Callable[..., Kept]) -> None:
    from sentry_sdk.integrations.redis import RedisIntegration
    from sentry_sdk.scrubber import EventScrubber

    mine = EventScrubber(recursive=True, denylist=["badge"])
    sentry_sdk.set_extra("badge", "17-B")
    kept = started(
        traces_sampler=lambda context: 0.0,
        event_scrubber=mine,
        attach_stacktrace=False,
        send_default_pii=True,
        data_collection=None,
        disabled_integrations=[RedisIntegration],
        release="shop@1.4.2+7",
    )
    sentry_sdk.capture_message("hello")
    sentry_sdk.get_isolation_scope().clear()
    assert kept.event["extra"]["badge"] == "[Filtered]"
    assert (options()["attach_stacktrace"], options()["send_default_pii"]) == (False, True)
    assert sentry_sdk.get_client().get_integration("redis") is None
    with sentry_sdk.start_transaction(name="settle") as transaction:
        assert transaction.sampled is False


def test_starting_twice_reports_once(started: Callable[..., Kept]) -> None:
    first, second = started(), started(environment="eu")
    sentry_sdk.capture_message("hello")

    assert first.of("event") == []
    assert second.event["environment"] == "eu"


@pytest.mark.parametrize(
    ("content", "complaint"),
    [(None, "SENTRY_DSN_FILE: cannot read"), ("\n", "is empty"), (b"\xff\xfe", "it is not UTF-8 text")],
)
def test_an_unusable_dsn_file_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str | bytes | None, complaint: str
) -> None:
    path = tmp_path / "dsn"
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    monkeypatch.setenv("SENTRY_DSN_FILE", str(path))

    with pytest.raises(SentrySetupError, match=complaint):
        init_sentry()


def test_a_dsn_in_the_place_of_its_file_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENTRY_DSN_FILE", DSN)
    with pytest.raises(SentrySetupError, match="no path") as caught:
        init_sentry()
    assert DSN.partition("@")[0].partition("//")[2] not in str(caught.value)


def test_a_dsn_given_twice_is_a_mistake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SENTRY_DSN", DSN)
    monkeypatch.setenv("SENTRY_DSN_FILE", str(tmp_path))
    with pytest.raises(SentrySetupError, match="keep one of them"):
        init_sentry()


def test_plain_http_is_for_this_machine_only() -> None:
    assert init_sentry(dsn="http://public@localhost:9000/1", transport=Kept())
    with pytest.raises(SentrySetupError, match="loopback"):
        init_sentry(dsn="http://public@sentry.internal/1", transport=Kept())


@pytest.mark.parametrize("value", ["Http404", LookupError, [3]])
def test_a_lone_ignored_error_is_a_mistake_rather_than_nothing(value: Any) -> None:
    with pytest.raises(SentrySetupError, match="ignore_errors: expected a list"):
        init_sentry(ignore_errors=value)


@pytest.mark.parametrize("way", [{"data_collection": {}}, {"_experiments": {"data_collection": {"cookies": False}}}])
def test_data_collection_is_refused_with_the_reason(way: dict[str, Any]) -> None:
    with pytest.raises(SentrySetupError, match="switch its scrubber off"):
        init_sentry(dsn=DSN, **way)


def test_the_defaults_keep_personal_data_at_home(started: Callable[..., Kept]) -> None:
    started()

    assert options()["send_default_pii"] is False
    assert options()["attach_stacktrace"] is True
    assert options()["auto_enabling_integrations"] is False
    assert isinstance(options()["event_scrubber"], sentry_sdk.scrubber.EventScrubber)
    assert options()["event_scrubber"].recursive is True


def test_every_hook_the_sdk_has_is_ours(started: Callable[..., Kept]) -> None:
    """A hook the SDK gains later must be wired too: what it carries would leave unscrubbed."""
    known = {name for name in DEFAULT_OPTIONS if name.startswith("before_")}
    assert known <= set(HOOKS)

    started(**({"trace_lifecycle": "stream"} if "trace_lifecycle" in DEFAULT_OPTIONS else {}))
    assert all(callable(options()[name]) for name in known)


def test_starting_is_quiet(started: Callable[..., Kept]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        started()


def test_only_the_two_known_warnings_are_silenced(started: Callable[..., Kept]) -> None:
    with pytest.warns(DeprecationWarning, match="enable_tracing"):
        started(enable_tracing=True)
