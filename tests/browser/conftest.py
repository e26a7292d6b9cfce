"""The whole service with its page, and a real browser in front of it; one of each for all its tests."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from selenium import webdriver

from tests.sandbox import Sandbox
from tests.support.browser import start
from tests.support.service import ROOT, Service, broker


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        running.sentry.add_project("quiet")
        yield running


@pytest.fixture(scope="module")
def service(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with broker() as server:
        made = Service(sandbox, tmp_path_factory.mktemp("service"), server.connection_url)
        try:
            made.up().start_page()
            made.wait_for_good_tick()
            yield made
        finally:
            made.close()


READING_PASSWORD = "just looking"
NOWHERE = "redis://127.0.0.1:1/0"


@dataclass(frozen=True, slots=True)
class HostilePage:
    """A page over a database that is full of a stranger's text; `number` is an open incident's."""

    url: str
    number: int


@pytest.fixture(scope="module")
def hostile_page(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostilePage]:
    made = Service(sandbox, tmp_path_factory.mktemp("hostile"), NOWHERE)
    try:
        made.migrate()
        filled = subprocess.run(
            [sys.executable, "-m", "tests.support.hostile_rows"],
            cwd=ROOT,
            env={**made.environment, "DJANGO_SETTINGS_MODULE": "worker.settings"},
            capture_output=True,
            text=True,
            check=True,
        )
        made.start_page()
        yield HostilePage(made.page_url.rstrip("/"), int(filled.stdout))
    finally:
        made.close()


@pytest.fixture(scope="module")
def closed_page(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a page that asks for a password, over an empty database."""
    overrides = {"ALERTING_STATUS_READONLY_PASSWORD": READING_PASSWORD}
    made = Service(sandbox, tmp_path_factory.mktemp("closed"), NOWHERE, overrides=overrides)
    try:
        made.migrate()
        made.start_page()
        yield made.page_url
    finally:
        made.close()


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    yield from start(str(tmp_path_factory.mktemp("chromium")))


@pytest.fixture
def browser(chromium: webdriver.Chrome, service: Service) -> webdriver.Chrome:
    """The browser at its usual size, light, with JavaScript and nothing on its console."""
    chromium.set_window_size(1280, 1400)
    chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    chromium.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    chromium.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": "Asia/Tokyo"})
    chromium.get_log("browser")
    return chromium
