"""The whole service with its page, and a real browser in front of it; one of each for all tests of a process."""

from collections.abc import Iterator

import pytest
from selenium import webdriver

from tests.sandbox import Sandbox
from tests.support.browser import start
from tests.support.service import Service, broker


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        running.sentry.add_project("quiet")
        yield running


@pytest.fixture(scope="session")
def service(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with broker() as server:
        made = Service(sandbox, tmp_path_factory.mktemp("service"), server.connection_url)
        try:
            made.up().start_page()
            made.wait_for_good_tick()
            yield made
        finally:
            made.close()


@pytest.fixture(scope="session")
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
