"""`make screenshots`: the README's pictures, taken of the real page, a real mail and a real card in a real browser."""

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from selenium import webdriver

from tests.sandbox import Sandbox
from tests.support import migrated
from tests.support.browser import start
from tests.support.environment import PREFIXES
from tests.support.service import Service

PICTURES = Path(__file__).resolve().parents[2] / "deploy" / "pictures"
LARGEST = 150_000
WIDTH, PHONE = 1000, 390
AS_USUAL = {
    "SENTRY_ENVIRONMENT": "production",
    "SENTRY_ALERT_ENVIRONMENTS": "production",
    "SENTRY_POLL_INTERVAL_SECONDS": "15",
    "SENTRY_CRITICAL_ERROR_WINDOW_SECONDS": "300",
    "SENTRY_ERROR_RATE_WINDOW_SECONDS": "600",
    "SENTRY_P95_LATENCY_WINDOW_SECONDS": "600",
}
NOWHERE = "redis://127.0.0.1:1/0"


def main() -> None:
    """Take every picture; ends with a message where one has become too large for a README."""
    for name in [name for name in os.environ if name.startswith(PREFIXES)]:
        del os.environ[name]
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="pictures-") as folder, Sandbox() as sandbox:
        shutil.copy(migrated.sqlite_file(), Path(folder) / "alerting.sqlite3")
        service = Service(sandbox, Path(folder), NOWHERE, overrides=AS_USUAL)
        os.environ.update(service.environment, DJANGO_SETTINGS_MODULE="worker.settings")
        import django

        django.setup()
        with contextlib.closing(service), _browser(folder) as browser:
            service.start_page()
            _take_all(Camera(browser), service, sandbox)
    too_large = [path.name for path in PICTURES.glob("*.png") if path.stat().st_size > LARGEST]
    if too_large:
        sys.exit(f"Larger than {LARGEST // 1000} kB: {', '.join(too_large)}")


class Camera:
    """Takes pictures of a page's whole height."""

    def __init__(self, browser: webdriver.Chrome) -> None:
        self._browser = browser

    def take(
        self, name: str, url: str, *, width: int = WIDTH, dark: bool = False, scale: float = 1, most: int = 1400
    ) -> None:
        """Write `name`.png of `url`, at most `most` pixels of the page high."""
        tell = self._browser.execute_cdp_cmd
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        size = {"width": width, "deviceScaleFactor": scale, "mobile": width == PHONE}
        tell("Emulation.setEmulatedMedia", {"features": [scheme]})
        tell("Emulation.setScrollbarsHidden", {"hidden": True})
        tell("Emulation.setTimezoneOverride", {"timezoneId": "Europe/Berlin"})
        tell("Emulation.setDeviceMetricsOverride", {**size, "height": 300})
        self._browser.get(url)
        height = min(most, int(self._browser.execute_script("return document.documentElement.scrollHeight")))
        tell("Emulation.setDeviceMetricsOverride", {**size, "height": height})
        path = PICTURES / f"{name}.png"
        self._browser.save_screenshot(str(path))
        print(f"{path.name:<20} {path.stat().st_size / 1000:.0f} kB")


def _take_all(camera: Camera, service: Service, sandbox: Sandbox) -> None:
    from alerting.examples.afternoon import firing
    from alerting.notifiers import render
    from alerting.notifiers.email import mail_body
    from alerting.notifiers.slack import notifier as slack
    from alerting.notifiers.slack.slack_card import card
    from tests.pictures import scenes

    worst = scenes.broken(sandbox)
    camera.take("page-light", service.page_url)
    camera.take("page-dark", service.page_url, dark=True)
    camera.take("page-phone", service.page_url, width=PHONE, scale=1.5, most=844)
    camera.take("incident", f"{service.page_url}incidents/{worst.pk}/", most=1100)
    scenes.calm()
    camera.take("page-empty", service.page_url, most=500)
    scenes.blind()
    camera.take("page-blind", service.page_url, most=500)
    with tempfile.TemporaryDirectory(prefix="notices-") as folder:
        notice, page = firing(), "https://alerts.example.com"
        for name, document in (
            ("mail", mail_body.html(render.view(notice, "production", page))),
            ("slack", card(slack.view(notice, "production", page, has_buttons=True))),
        ):
            file = Path(folder) / f"{name}.html"
            file.write_text(document, encoding="utf-8")
            camera.take(name, file.as_uri(), width=660)
            if name == "mail":
                camera.take("mail-dark", file.as_uri(), width=660, dark=True)


@contextlib.contextmanager
def _browser(folder: str) -> Iterator[webdriver.Chrome]:
    yield from start(str(Path(folder) / "chromium"))


if __name__ == "__main__":
    main()
