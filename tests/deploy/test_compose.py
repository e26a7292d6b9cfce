"""compose.yaml: the order of starting, secrets as files, and no variable the service would not read."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from alerting.config import Settings
from alerting.config_files import FILE_SUFFIX, is_secret

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = ("migrate", "worker", "beat", "page")


def test_worker_and_beat_wait_for_the_migration_and_for_what_they_need() -> None:
    for name in ("worker", "beat", "page"):
        assert {on: how["condition"] for on, how in SERVICES[name]["depends_on"].items()} == {
            "migrate": "service_completed_successfully",
            "postgres": "service_healthy",
            "redis": "service_healthy",
        }
    assert SERVICES["migrate"]["depends_on"]["postgres"]["condition"] == "service_healthy"


def test_one_image_serves_all() -> None:
    assert {SERVICES[name]["image"] for name in OURS} == {"sentry-alerting"}
    assert (DEPLOY / SERVICES["worker"]["build"]["context"] / SERVICES["worker"]["build"]["dockerfile"]).exists()
    assert [SERVICES[name]["command"][:4] for name in OURS] == [
        ["alerting", "migrate"],
        ["celery", "-A", "worker", "worker"],
        ["celery", "-A", "worker", "beat"],
        ["alerting", "serve"],
    ]


@pytest.mark.parametrize("name", OURS)
def test_only_variables_that_are_read_are_set(name: str) -> None:
    secret = {each + FILE_SUFFIX for each, field in Settings.model_fields.items() if is_secret(field)}
    assert set(SERVICES[name]["environment"]) <= set(Settings.model_fields) | secret


@pytest.mark.parametrize("name", [*OURS, "postgres"])
def test_every_secret_file_that_is_read_is_given_and_declared(name: str) -> None:
    paths = [value for each, value in SERVICES[name]["environment"].items() if each.endswith(FILE_SUFFIX)]
    assert paths
    assert {f"/run/secrets/{secret}" for secret in SERVICES[name]["secrets"]} == set(paths)
    assert set(SERVICES[name]["secrets"]) <= set(COMPOSE["secrets"])


def test_no_secret_stands_in_the_file_itself() -> None:
    text = (DEPLOY / "compose.yaml").read_text()
    assert "PASSWORD:" not in text and "TOKEN:" not in text and "://:" not in text


@pytest.mark.parametrize("name", OURS)
def test_our_containers_can_change_nothing_but_their_data(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True and service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["volumes"] == ["data:/var/lib/alerting"]


def test_redis_and_postgresql_are_published_to_nobody() -> None:
    assert COMPOSE["networks"]["inside"]["internal"] is True
    for name in ("redis", "postgres"):
        assert SERVICES[name]["networks"] == ["inside"] and "ports" not in SERVICES[name]


def test_the_page_has_a_password_and_is_published_on_this_machine_only() -> None:
    page = SERVICES["page"]
    assert page["environment"]["ALERTING_STATUS_PASSWORD_FILE"] == "/run/secrets/status_password"
    assert page["ports"] == ["127.0.0.1:8000:8000"]


def test_named_volumes_and_mounted_files_exist() -> None:
    for service in SERVICES.values():
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert (DEPLOY / source).exists() if source.startswith(".") else source in COMPOSE["volumes"]


def test_every_image_has_a_version() -> None:
    foreign = [service["image"] for service in SERVICES.values() if "build" not in service]
    assert foreign and all(":" in image and not image.endswith(":latest") for image in foreign)
