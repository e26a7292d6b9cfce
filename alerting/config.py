"""Every environment variable in one typed place: name, unit, default, bounds, secret or not."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

from alerting import config_combinations, config_files, config_network
from alerting.config_files import FILE_SUFFIX, is_secret
from alerting.config_mistakes import NeighbourError, explained, mentions
from alerting.config_values import (
    Addresses,
    Bind,
    Boolean,
    BrokerUrl,
    DatabaseUrl,
    Dsn,
    Environment,
    Folder,
    HttpsUrl,
    Levels,
    Names,
    Networks,
    Release,
    SecretHttpsUrl,
    Sender,
    SentryUrl,
    SlackToken,
    SourceToken,
)
from alerting.errors import ConfigError

Seconds = Annotated[int, Field(ge=0)]
WindowSeconds = Annotated[int, Field(ge=60, le=86_400)]
Rate = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]

TRACES_RATE_BY_ENVIRONMENT: Mapping[str, float] = {"production": 0.1, "staging": 0.5, "development": 1.0}


@dataclass(frozen=True, slots=True)
class SwitchesOn:
    """Marks the variable that switches this channel on."""

    channel: str


class Settings(BaseModel):
    """The whole configuration. Field names are the environment variables themselves; build it with `load`."""

    model_config = ConfigDict(frozen=True, extra="ignore", ignored_types=(cached_property,))

    SENTRY_URL: SentryUrl = Field("https://sentry.io", description="base URL of the Sentry to poll")
    SENTRY_AUTH_TOKEN: SourceToken | None = Field(
        None,
        description="token that may read: internal integration or user token with org:read, project:read, event:read",
    )
    SENTRY_ORG: str = Field("", description="organisation slug or id to poll")
    SENTRY_PROJECT: Names = Field((), description="comma-separated project slugs or ids to watch; empty = all")
    SENTRY_ALERT_ENVIRONMENTS: Names = Field(
        (), description="comma-separated Sentry environments to watch; empty = all"
    )
    SENTRY_POLL_INTERVAL_SECONDS: Annotated[int, Field(ge=1, le=300)] = Field(15, description="seconds between ticks")
    SENTRY_SETTLE_SECONDS: Annotated[int, Field(ge=0, le=600)] = Field(
        120, description="how old a window's end must be before it may clear an incident or judge a ratio or percentile"
    )
    SENTRY_CATCH_UP_SECONDS: Seconds = Field(
        21_600, description="how far back missed windows are judged after downtime"
    )

    SENTRY_ERROR_LEVELS: Levels = Field(
        ("error", "fatal"),
        description="comma-separated levels of the events that count as errors: "
        "fatal, error, warning, info, debug, sample",
    )
    SENTRY_CRITICAL_ERROR_THRESHOLD: Annotated[int, Field(ge=0)] = Field(
        10, description="errors in the window, fires when greater than this"
    )
    SENTRY_CRITICAL_ERROR_WINDOW_SECONDS: WindowSeconds = Field(300, description="window of the error count")
    SENTRY_ERROR_RATE_THRESHOLD: Rate = Field(
        0.01, description="errors / transactions as a fraction of 1 (1% is 0.01), fires when greater than this"
    )
    SENTRY_ERROR_RATE_WINDOW_SECONDS: WindowSeconds = Field(600, description="window of the error rate")
    SENTRY_ERROR_RATE_MIN_TRANSACTIONS: Annotated[int, Field(ge=0)] = Field(
        100, description="with fewer stored transactions in the window there is no error rate"
    )
    SENTRY_NEW_ISSUE_ALERTS_ENABLED: Boolean = Field(True, description="tell about issues seen for the first time")
    SENTRY_P95_LATENCY_THRESHOLD_MS: Annotated[float, Field(gt=0, allow_inf_nan=False)] = Field(
        1000.0, description="95th percentile of transaction duration in milliseconds, fires when greater than this"
    )
    SENTRY_P95_LATENCY_WINDOW_SECONDS: WindowSeconds = Field(600, description="window of the percentile")
    SENTRY_P95_LATENCY_MIN_TRANSACTIONS: Annotated[int, Field(ge=0)] = Field(
        50, description="with fewer stored transactions in the window there is no percentile"
    )

    SENTRY_ALERT_REPEAT_SECONDS: Seconds = Field(3600, description="reminder while an incident stays open; 0 = never")
    SENTRY_ALERT_KEEP_FIRING_SECONDS: Seconds = Field(
        120, description='how long settled readings must be clear before "resolved"'
    )
    SENTRY_ALERT_ESCALATE_AFTER_SECONDS: Seconds = Field(
        0, description="what nobody has acknowledged after so long goes to the escalation addresses; 0 = never"
    )
    SENTRY_ALERT_ESCALATION_EMAIL_RECIPIENTS: Addresses = Field((), description="comma-separated addresses")
    SENTRY_ALERT_ESCALATION_SLACK_CHANNEL: str = Field("", description="channel name or id; needs bot mode")
    SENTRY_EMAIL_ALERTS_ENABLED: Annotated[Boolean, SwitchesOn("email")] = Field(
        False, description="send notices by email"
    )
    SENTRY_ALERT_EMAIL_RECIPIENTS: Addresses = Field((), description="comma-separated addresses")
    SENTRY_SLACK_ALERTS_ENABLED: Annotated[Boolean, SwitchesOn("slack")] = Field(
        False, description="send notices to Slack"
    )
    SENTRY_SLACK_WEBHOOK_URL: SecretHttpsUrl | None = Field(None, description="incoming webhook (webhook mode)")
    SENTRY_SLACK_CHANNEL: str = Field("", description="channel name or id; required in bot mode")
    SENTRY_SLACK_BOT_TOKEN: SlackToken | None = Field(
        None, description="bot token with chat:write (bot mode: one card per incident, edited, with a thread)"
    )
    SENTRY_SLACK_SIGNING_SECRET: SecretStr | None = Field(
        None, description="verifies clicks on Slack's buttons, which stand on cards in bot mode"
    )
    SENTRY_SLACK_API_URL: HttpsUrl = Field(
        "https://slack.com/api/", description="base URL of Slack's Web API; GovSlack's is https://slack-gov.com/api/"
    )
    EMAIL_HOST: str = Field("localhost", description="mail server")
    EMAIL_PORT: Annotated[int, Field(ge=1, le=65_535)] = Field(25, description="port of the mail server")
    EMAIL_HOST_USER: str = Field("", description="user at the mail server; empty = no login")
    EMAIL_HOST_PASSWORD: SecretStr | None = Field(None, description="password at the mail server")
    EMAIL_USE_TLS: Boolean = Field(False, description="STARTTLS")
    EMAIL_USE_SSL: Boolean = Field(False, description="TLS from the first byte")
    DEFAULT_FROM_EMAIL: Sender = Field("webmaster@localhost", description="sender of the notices")
    HEARTBEAT_URL: SecretHttpsUrl | None = Field(
        None, description="GET after each fully good tick, at most once a minute (dead man's switch)"
    )

    CELERY_BROKER_URL: BrokerUrl = Field(
        SecretStr("redis://localhost:6379/0"),
        description="Redis or Valkey: redis://, rediss:// (verified), redis+socket://, sentinel://",
    )
    DATABASE_URL: DatabaseUrl | None = Field(
        None, description="PostgreSQL in production; empty = an SQLite file in the data directory"
    )
    ALERTING_DATA_DIR: Folder = Field(Path("var"), description="everything written locally")
    ALERTING_HISTORY_DAYS: Annotated[int, Field(ge=1, le=3650)] = Field(
        90, description="how many days closed incidents, their decisions and notices are kept"
    )
    DJANGO_SECRET_KEY: SecretStr | None = Field(None, description="generated into the data directory on first run")
    DJANGO_ALLOWED_HOSTS: Names = Field(
        ("localhost", "127.0.0.1", "[::1]"), description="hosts the status page answers to"
    )
    ALERTING_STATUS_BIND: Bind = Field("127.0.0.1:8000", description="address and port of the status page")
    ALERTING_STATUS_URL: HttpsUrl = Field(
        "", description="where people open the status page; notices link to what it shows of them"
    )
    ALERTING_STATUS_PASSWORD: SecretStr | None = Field(
        None, description="the status page's password for operators, who may acknowledge and silence"
    )
    ALERTING_STATUS_READONLY_PASSWORD: SecretStr | None = Field(
        None, description="the status page's password for those who may only read"
    )
    ALERTING_STATUS_USER_HEADER: str = Field(
        "", description="header in which a reverse proxy of ours names who is logged in, such as X-Forwarded-User"
    )
    ALERTING_TRUSTED_PROXIES: Networks = Field(
        (), description="comma-separated addresses or networks of our reverse proxies"
    )

    SENTRY_DSN: Dsn | None = Field(None, description="where our own errors go; empty = SDK off, quietly")
    SENTRY_ENVIRONMENT: Environment = Field("development", description="environment tag of our events and our alerts")
    SENTRY_TRACES_SAMPLE_RATE: Rate | None = Field(
        None, description="share of transactions kept: production 0.1, staging 0.5, development 1.0"
    )
    SENTRY_PROFILES_SAMPLE_RATE: Rate = Field(
        0.0,
        description="share of transactions profiled; stays off, with a warning, on Python 3.11 before 3.11.12 and "
        "under gevent or eventlet, where profiling can stop the process",
    )
    APP_VERSION: Release = Field("", description="release tag of our events")

    @model_validator(mode="after")
    def _check_neighbours(self) -> "Settings":
        problems = list(config_combinations.mistakes(self))
        if problems:
            raise NeighbourError(problems)
        return self

    @cached_property
    def data_dir(self) -> Path:
        return self.ALERTING_DATA_DIR.expanduser().resolve()

    @property
    def status_user_header(self) -> str:
        """The name under which WSGI hands over `ALERTING_STATUS_USER_HEADER`, empty where none is configured."""
        name = self.ALERTING_STATUS_USER_HEADER.upper().replace("-", "_")
        return f"HTTP_{name}" if name else ""

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the enabled channels."""
        return tuple(channel for channel, variable in switches().items() if getattr(self, variable))

    @property
    def traces_sample_rate(self) -> float:
        """The configured client-side sample rate, or the default of `SENTRY_ENVIRONMENT` (1.0 where it is unknown)."""
        if self.SENTRY_TRACES_SAMPLE_RATE is not None:
            return self.SENTRY_TRACES_SAMPLE_RATE
        return TRACES_RATE_BY_ENVIRONMENT.get(self.SENTRY_ENVIRONMENT.lower(), 1.0)

    def secret(self, name: str) -> str:
        """The plain text of a secret, empty when unset. The only way out of its wrapper."""
        value = getattr(self, name)
        return value.get_secret_value() if value is not None else ""


def doubts(settings: Settings) -> list[str]:
    """What is allowed, and may still not be what somebody meant."""
    return [*config_combinations.doubts(settings), *config_network.doubts(settings, os.environ)]


def switches() -> dict[str, str]:
    """The variable that switches on each channel, by the channel's name."""
    fields = Settings.model_fields.items()
    return {mark.channel: name for name, field in fields for mark in field.metadata if isinstance(mark, SwitchesOn)}


def load(environ: Mapping[str, str] | None = None, *, need_source: bool = False) -> Settings:
    """Read and check the environment.

    With `need_source` a missing token or organisation is a mistake too (worker and beat have nothing to do without).
    Raises ConfigError naming every mistake.
    """
    env = os.environ if environ is None else environ
    values, problems = _read(env)
    settings = None
    try:
        settings = Settings.model_validate(values)
        problems += config_network.mistakes(settings, env)
    except ValidationError as error:
        problems += explained(error, values, Settings)
    if need_source and not values.get("SENTRY_AUTH_TOKEN") and not mentions(problems, "SENTRY_AUTH_TOKEN"):
        problems.append(
            "SENTRY_AUTH_TOKEN: not set, so there is nothing to poll; create an internal integration in Sentry "
            "(Settings → Developer Settings) with read access to Organization, Project and Issue & Event"
        )
        if not values.get("SENTRY_ORG"):
            problems.append("SENTRY_ORG: not set; it is the slug in https://sentry.io/organizations/<slug>/")
    if problems or settings is None:
        raise ConfigError(problems)
    return settings


@lru_cache(maxsize=1)
def current() -> Settings:
    """The settings of this process, read once."""
    return load()


def origin(name: str, environ: Mapping[str, str] | None = None) -> Literal["environment", "file", "default"]:
    """Where the value of a variable came from."""
    env = os.environ if environ is None else environ
    if env.get(name, "").strip():
        return "environment"
    return "file" if env.get(name + FILE_SUFFIX, "").strip() and is_secret(Settings.model_fields[name]) else "default"


def _read(env: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    values: dict[str, str] = {}
    problems: list[str] = []
    for name, field in Settings.model_fields.items():
        plain, path = env.get(name, "").strip(), env.get(name + FILE_SUFFIX, "").strip()
        if not is_secret(field) or not path:
            if plain:
                values[name] = plain
        elif plain:
            problems.append(f"{name}: set both directly and through {name}{FILE_SUFFIX}; keep one of them")
        else:
            text, problem = config_files.read(name + FILE_SUFFIX, path)
            if problem:
                problems.append(problem)
            else:
                values[name] = text
    return values, problems
