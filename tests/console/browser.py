"""Chromium for tests, driven over its own protocol, and pictures of what it shows."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

CHROMIUM, DRIVER = "/usr/bin/chromium", "/usr/bin/chromedriver"
WAIT_SECONDS = 20.0
LOOK_SECONDS = 0.1
PHONE, DESKTOP = (360, 740), (1280, 800)
SHOTS = Path(os.environ.get("SHOTS_DIR") or tempfile.gettempdir()) / "nightporter-shots"
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--no-first-run",
    "--mute-audio",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


class Browser:
    """One window. `size` may be changed while it runs."""

    def __init__(self, driver: Chrome) -> None:
        self.driver = driver

    def resize(self, size: tuple[int, int], *, dark: bool = False) -> None:
        """Show pages at that size, on a telephone where it is small."""
        width, height = size
        small = width < 600
        metrics = {"width": width, "height": height, "deviceScaleFactor": 2 if small else 1, "mobile": small}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})

    def open(self, url: str) -> None:
        self.driver.get(url)

    def find(self, css: str) -> WebElement:
        """The first one that is shown; waits for it."""
        return self.until(lambda: next((one for one in self.all(css) if one.is_displayed()), None))

    def all(self, css: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, css)

    def until(self, met: Callable[[], Any]) -> Any:
        """Wait until it holds; elements that were swapped meanwhile are looked for again."""
        from selenium.common.exceptions import StaleElementReferenceException

        wait = WebDriverWait(self.driver, WAIT_SECONDS, LOOK_SECONDS, [StaleElementReferenceException])
        return wait.until(lambda _: met())

    def click(self, css: str) -> None:
        """Click it, wherever on the page it is."""

        def clicked() -> bool:
            element = self.find(css)
            self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
            element.click()
            return True

        self.until(clicked)

    def write(self, css: str, text: str) -> None:
        element = self.find(css)
        element.clear()
        element.send_keys(text)

    def text(self, css: str = "body") -> str:
        return self.driver.execute_script(
            "return [...document.querySelectorAll(arguments[0])].map(e => e.innerText).join('\\n')", css
        )

    def shot(self, name: str) -> None:
        """Keep a picture, and hold the page to what holds for all: nothing to scroll sideways, no complaint."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        assert self.driver.save_screenshot(str(SHOTS / f"{name}.png"))
        root = "document.documentElement"
        wide = self.driver.execute_script(f"return {root}.scrollWidth - {root}.clientWidth")
        assert wide <= 0, f"{name}: {wide} px too wide"
        complaints = self.complaints()
        assert not complaints, f"{name}: {complaints}"

    def complaints(self) -> list[str]:
        """What the browser complained of: scripts that failed, things that the page's policy refused."""
        severe = [line["message"] for line in self.driver.get_log("browser") if line["level"] == "SEVERE"]
        expected = (
            " 401 ",
            " 409 ",
            "net::ERR_",
            "htmx:sendError",
            "htmx:afterRequest",
        )  # a wrong password; what happened meanwhile; a node that is being started again
        return [line for line in severe if not any(word in line for word in expected)]


@contextmanager
def browser(folder: Path) -> Generator[Browser]:
    """A window with a profile of its own."""
    options = ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (*FLAGS, f"--user-data-dir={folder}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = Chrome(options, Service(DRIVER))
    try:
        yield Browser(driver)
    finally:
        driver.quit()
