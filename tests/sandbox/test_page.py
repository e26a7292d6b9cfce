"""The page in a real browser: it fills by itself, and nothing that arrives can act in it."""

import json
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from smtplib import SMTP

import httpx
import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait
from slack_sdk import WebClient, WebhookClient

from tests.sandbox import Fault, Sandbox
from tests.support.browser import start

# One worker, so that what the whole file shares is made once.
pytestmark = pytest.mark.xdist_group("sandbox-page")

HOSTILE = "</title><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    yield from start(str(tmp_path_factory.mktemp("chromium")))


def send(sandbox: Sandbox, subject: str = "hello", page: str = "<p id=inside>the page</p>") -> None:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = subject, "alerts@example.com", "oncall@example.com"
    message.set_content("the text")
    message.add_alternative(page, subtype="html")
    with SMTP(sandbox.mail.host, sandbox.mail.port) as client:
        client.send_message(message)


def wait_for_text(browser: webdriver.Chrome, place: str, text: str) -> str:
    def shown(driver: webdriver.Chrome) -> str:
        found = driver.find_element(By.ID, place).text
        return found if text in found else ""

    return str(WebDriverWait(browser, 10).until(shown))


@pytest.mark.browser
def test_what_arrives_appears_by_itself_in_both_columns(
    sandbox: Sandbox, browser: webdriver.Chrome, tmp_path: Path
) -> None:
    browser.get(f"{sandbox.sentry.url}/")
    empty = browser.find_element(By.TAG_NAME, "main").text
    assert "No message yet" in empty and "No mail yet" in empty
    WebhookClient(sandbox.slack.webhook_url).send(text="*checkout*: 11 errors")
    send(sandbox, "checkout: 11 errors")
    assert "checkout: 11 errors" in wait_for_text(browser, "slack", "11 errors")
    wait_for_text(browser, "mail", "checkout: 11 errors")
    assert browser.find_element(By.CSS_SELECTOR, "#slack strong").text == "checkout"
    assert "No message yet" not in browser.find_element(By.TAG_NAME, "main").text
    browser.switch_to.frame(browser.find_element(By.TAG_NAME, "iframe"))
    assert WebDriverWait(browser, 5).until(lambda driver: driver.find_element(By.ID, "inside").text) == "the page"
    browser.switch_to.default_content()
    # People look at it: a screenshot of a page with something on it is no blank one.
    assert browser.save_screenshot(str(tmp_path / "page.png"))
    assert (tmp_path / "page.png").stat().st_size > 10_000
    assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []


@pytest.mark.browser
def test_an_edit_changes_the_card_in_place(sandbox: Sandbox, browser: webdriver.Chrome) -> None:
    bot = WebClient(sandbox.slack.bot_token, base_url=sandbox.slack.api_url)
    posted = bot.chat_postMessage(channel="#alerts", text="firing")
    browser.get(f"{sandbox.sentry.url}/")
    bot.chat_update(channel="#alerts", ts=posted["ts"], text="all is well")
    bot.chat_postMessage(channel="#alerts", thread_ts=posted["ts"], text="it is over")
    shown = wait_for_text(browser, "slack", "it is over")
    assert "all is well" in shown and "edited once" in shown and "1 reply" in shown
    assert len(browser.find_elements(By.CSS_SELECTOR, "#slack > article")) == 1


@pytest.mark.browser
def test_hostile_text_is_shown_and_does_nothing(sandbox: Sandbox, browser: webdriver.Chrome) -> None:
    send(sandbox, HOSTILE, page=f"{HOSTILE}<p>{HOSTILE}</p>")
    WebhookClient(sandbox.slack.webhook_url).send(text=f"{HOSTILE} <javascript:document.title='owned'|click me>")
    browser.get(f"{sandbox.sentry.url}/")
    send(sandbox, f"again {HOSTILE}", page=HOSTILE)
    assert "<script>" in wait_for_text(browser, "mail", "again </title>")
    assert "click me" in wait_for_text(browser, "slack", "img src=x")
    assert browser.title == "Sandbox: what has arrived"
    assert browser.find_elements(By.CSS_SELECTOR, "main script, main img") == []
    for frame in browser.find_elements(By.TAG_NAME, "iframe"):
        assert frame.get_attribute("sandbox") == "allow-same-origin allow-popups"


def test_nothing_on_the_page_comes_from_elsewhere(sandbox: Sandbox) -> None:
    answer = httpx.get(f"{sandbox.sentry.url}/")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "script-src 'nonce-" in policy
    assert "http://" not in answer.text.replace("http://www.w3.org/2000/svg", "") and "https://" not in answer.text
    assert sandbox.sentry.token not in answer.text


def test_the_feed_is_silent_while_nothing_happens(sandbox: Sandbox) -> None:
    url = f"{sandbox.sentry.url}/sandbox/feed"
    feed = httpx.get(url).json()
    assert httpx.get(url, params={"since": feed["version"]}).status_code == 204
    send(sandbox)
    changed = httpx.get(url, params={"since": feed["version"]}).json()
    assert [piece["key"] for piece in changed["mail"]] == ["mail-0"]
    assert "1 mail" in changed["summary"]
    assert json.loads(changed["version"]) == [0, 1, 0]


def test_a_mails_page_is_served_powerless_and_forgotten_with_it(sandbox: Sandbox) -> None:
    send(sandbox, page="<p>the page</p>")
    url = f"{sandbox.sentry.url}/sandbox/mail/0.html"
    answer = httpx.get(url)
    assert "<p>the page</p>" in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    sandbox.mail.messages.clear()
    assert httpx.get(url).status_code == 404


def test_links_in_notices_lead_to_an_explanation(sandbox: Sandbox) -> None:
    number = sandbox.sentry.add_issue("checkout", "KeyError: <b>", culprit="shop.views in pay")
    issue = httpx.get(f"{sandbox.sentry.url}/issues/{number}/").text
    assert "KeyError: &lt;b&gt;" in issue and "shop.views in pay" in issue
    search = httpx.get(f"{sandbox.sentry.url}/organizations/acme/issues/?project=1&start=2026-11-23T12:00:00").text
    assert "2026-11-23T12:00:00" in search and "This is the sandbox" in search


def test_a_failing_sentry_leaves_the_page_standing(sandbox: Sandbox) -> None:
    fault = sandbox.sentry.fault(Fault(status=500))
    assert httpx.get(f"{sandbox.sentry.url}/").status_code == 200
    assert fault.happened == 0
    assert sandbox.sentry.requests == []
