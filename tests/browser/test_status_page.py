"""The page as people use it: it lives by itself, on a phone, by keyboard, without JavaScript, and nothing harms it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

from tests.browser.conftest import READING_PASSWORD, HostilePage
from tests.sandbox import Sandbox
from tests.support.browser import complaints
from tests.support.service import Service

pytestmark = [pytest.mark.browser, pytest.mark.flow, pytest.mark.xdist_group("status-page")]

AXE = (Path(__file__).parent / "axe.min.js").read_text()
HOSTILE = "</title><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
PAGES = ("/", "/history/", "/rules/", "/silences/", "/health/")
DARK = {"features": [{"name": "prefers-color-scheme", "value": "dark"}]}


def wait_for_text(browser: webdriver.Chrome, text: str, seconds: float = 40) -> str:
    def shown(driver: webdriver.Chrome) -> str:
        found: str = driver.execute_script("return document.body.innerText")
        return found if text in found else ""

    return str(WebDriverWait(browser, seconds, ignored_exceptions=()).until(shown, f"never saw {text!r}"))


def when_there(browser: webdriver.Chrome, act: Callable[[webdriver.Chrome], bool]) -> bool:
    """Tries until `act` is true: what it finds may be replaced under its hands."""
    return WebDriverWait(browser, 40, ignored_exceptions=(StaleElementReferenceException,)).until(act)


def click(browser: webdriver.Chrome, how: str, what: str) -> None:
    when_there(browser, lambda driver: driver.find_element(how, what).click() or True)


def barriers(browser: webdriver.Chrome) -> list[tuple[str, list[str]]]:
    """What axe holds against the page shown: the rule's name and where."""
    # Through the debugger: the page's own policy refuses foreign scripts.
    browser.execute_cdp_cmd("Runtime.evaluate", {"expression": AXE})
    asked = {"expression": "axe.run().then(found => JSON.stringify(found.violations))", "awaitPromise": True}
    result = browser.execute_cdp_cmd("Runtime.evaluate", asked)
    violations = json.loads(result["result"]["value"])
    return [(each["id"], [node["html"] for node in each["nodes"]][:3]) for each in violations]


def an_open_incident(service: Service) -> str:
    """The address of an incident that stays open for these tests."""
    service.sandbox.sentry.add_errors("stays-open", 30)
    found = service.wait_for_row("select id from incidents_incident where project = 'stays-open' and subject = ''")
    return f"/incidents/{found[0][0]}/"


def test_an_incident_appears_is_acknowledged_and_resolves_without_a_reload(
    browser: webdriver.Chrome, service: Service, sandbox: Sandbox
) -> None:
    browser.get(service.page_url)
    browser.execute_script("window.stillThesamePage = true")
    # Old enough to leave the window of a minute soon.
    sandbox.sentry.add_errors("checkout", 11, at=datetime.now(UTC) - timedelta(seconds=20))
    assert "threshold 10 errors" in wait_for_text(browser, "checkout")
    assert browser.execute_script("return window.stillThesamePage") is True
    service.wait_for_row("select 1 from incidents_incident where project = 'checkout' and subject = ''")
    click(browser, By.LINK_TEXT, "checkout")
    wait_for_text(browser, "From Sentry just now", 90)
    click(browser, By.XPATH, "//summary[text()='Acknowledge']")
    browser.find_element(By.NAME, "note").send_keys("rolling back")
    click(browser, By.XPATH, "//button[text()='I have it']")
    assert "rolling back" in wait_for_text(browser, " has it")
    wait_for_text(browser, "it lasted", 90)
    assert complaints(browser) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_a_barrier_for_anybody(browser: webdriver.Chrome, service: Service, scheme: str) -> None:
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", DARK if scheme == "dark" else {"features": []})
    found = []
    for address in (*PAGES, an_open_incident(service), "/nothing/"):
        browser.get(service.page_url.rstrip("/") + address)
        found += [(address, *each) for each in barriers(browser)]
    assert found == []


def test_somebody_logs_in_by_keyboard_and_a_reader_finds_no_button(browser: webdriver.Chrome, closed_page: str) -> None:
    browser.get(closed_page)
    assert barriers(browser) == []
    browser.find_element(By.NAME, "name").send_keys("ann", Keys.TAB, READING_PASSWORD, Keys.ENTER)
    assert "ann (may only read)" in wait_for_text(browser, "Not started.")
    assert barriers(browser) == [] and complaints(browser) == []


def test_a_phone_never_scrolls_sideways(browser: webdriver.Chrome, service: Service, hostile_page: HostilePage) -> None:
    metrics = {"width": 360, "height": 740, "deviceScaleFactor": 2, "mobile": True}
    try:
        addresses = [service.page_url.rstrip("/") + each for each in (*PAGES, an_open_incident(service))]
        addresses += [hostile_page.url + each for each in (*PAGES, f"/incidents/{hostile_page.number}/")]
        for address in addresses:
            browser.get(address)
            # Another port may mean another process of the browser, which knows of no phone yet.
            browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
            assert browser.execute_script("return screen.width") == 360
            width = browser.execute_script("return document.documentElement.scrollWidth")
            assert width <= 360, (address, width)
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_the_keyboard_reaches_the_content_first(browser: webdriver.Chrome, service: Service) -> None:
    browser.get(service.page_url)
    browser.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB)
    assert browser.switch_to.active_element.text == "Skip to the content"
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    assert browser.switch_to.active_element.get_attribute("id") == "main"


def test_times_are_the_viewers_with_utc_on_hover(browser: webdriver.Chrome, service: Service) -> None:
    browser.get(service.page_url.rstrip("/") + an_open_incident(service))
    wait_for_text(browser, "Asia/Tokyo")
    script = "const time = document.querySelector('time'); return [time.dateTime, time.title, time.innerText]"
    moment, title, shown = browser.execute_script(script)
    in_utc = datetime.fromisoformat(moment)
    assert title == f"{in_utc:%Y-%m-%d %H:%M:%S} UTC"
    assert f"{in_utc + timedelta(hours=9):%M}" in shown and f"{in_utc:%H:%M}" not in shown


def test_without_javascript_everything_is_there_in_utc(browser: webdriver.Chrome, service: Service) -> None:
    address = an_open_incident(service)
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    for page in (*PAGES, address):
        browser.get(service.page_url.rstrip("/") + page)
        assert browser.find_element(By.TAG_NAME, "h1").text
    assert "Times are UTC" in browser.find_element(By.TAG_NAME, "footer").text
    click(browser, By.XPATH, "//summary[text()='Silence']")
    browser.find_element(By.NAME, "reason").send_keys("a test")
    click(browser, By.XPATH, "//button[text()='Silence']")
    assert when_there(browser, lambda driver: "silenced by" in driver.find_element(By.ID, "content").text)


def test_a_strangers_script_in_a_title_does_nothing(
    browser: webdriver.Chrome, service: Service, sandbox: Sandbox
) -> None:
    sandbox.sentry.add_issue("checkout", HOSTILE)
    service.wait_for_row("select 1 from incidents_incident where subject <> '' and evidence like '%owned%'")
    browser.get(service.page_url)
    assert "onerror" in wait_for_text(browser, "document.title")
    for link in [each.get_attribute("href") for each in browser.find_elements(By.PARTIAL_LINK_TEXT, "onerror")]:
        browser.get(link)
        assert "owned" not in browser.title.split(":")[0]
    for address in PAGES:
        browser.get(service.page_url.rstrip("/") + address)
        assert browser.title != "owned"
        assert browser.find_elements(By.CSS_SELECTOR, "main script, main img, main iframe") == []
    assert complaints(browser) == []


@pytest.mark.parametrize("script", ["on", "off"])
def test_a_strangers_text_does_nothing_on_any_page(
    browser: webdriver.Chrome, hostile_page: HostilePage, script: str
) -> None:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": script == "off"})
    asked = quote(HOSTILE)
    filtered = f"/history/?project={asked}&rule={asked}&since={asked}&before={asked}"
    for address in (*PAGES, f"/incidents/{hostile_page.number}/", filtered, f"/{asked}/"):
        browser.get(hostile_page.url + address)
        assert browser.title != "owned", address
        strange = browser.find_elements(By.CSS_SELECTOR, "main script, main img, main iframe, [onmouseover], [onerror]")
        assert strange == [], address
        links = [each.get_attribute("href") or "" for each in browser.find_elements(By.TAG_NAME, "a")]
        assert [each for each in links if not each.startswith(("http://", "https://"))] == [], address
    # What is asked for in vain is answered with 404 and 400, which the console notes.
    assert [each for each in complaints(browser) if "status of 40" not in each] == []
