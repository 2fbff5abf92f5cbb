"""Walks through the staff's pages in a real browser, one for each errand, with pictures at both sizes."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self

import pytest
from tests.console.browser import DESKTOP, PHONE, Browser, browser
from tests.demo.process import Demo, demo
from tests.demo.test_browser import UNNAMED, answers, sign_in

pytestmark = [pytest.mark.ci, pytest.mark.timeout(240)]

DRAFTED = "Do you have rooms free from 3 to 5 May for two adults?"
UNSURE = "Could we swim somewhere with kids?"
BY_HAND = "Gladly: the pool is warm, come until 20:00."


@pytest.fixture
def window(tmp_path: Path) -> Generator[Browser]:
    with browser(tmp_path / "profile") as opened:
        opened.resize(DESKTOP)
        yield opened


def writes(window: Browser, running: Demo, guest: str, text: str) -> None:
    """A guest types a message and gets an answer."""
    window.open(f"{running.phone}/?guest={guest}&lang=en")
    before = len(answers(window))
    window.find("#text").send_keys(f"{text}\n")
    window.until(lambda: len(answers(window)) > before)


def both_sizes(window: Browser, name: str) -> None:
    """The page as it is, on a telephone, on a desk, and in the dark."""
    window.resize(PHONE)
    window.shot(f"{name}-360")
    window.resize(DESKTOP, dark=True)
    window.shot(f"{name}-dark")
    window.resize(DESKTOP)
    window.shot(name)


def test_drafts_are_sent_changed_and_thrown_away(tmp_path: Path, window: Browser) -> None:
    with demo(tmp_path) as running:
        sign_in(window, running)
        window.click('nav a[href="/drafts"]')
        window.find(".empty")
        both_sizes(window, "drafts-empty")
        page = window.driver.current_window_handle
        window.driver.switch_to.new_window("tab")
        for guest, text in (("anna", DRAFTED), ("jonas", UNSURE), ("lucia", DRAFTED)):
            writes(window, running, guest, text)
        window.driver.switch_to.window(page)
        window.until(lambda: len(window.all(".drafts .card")) == 3)
        window.until(lambda: window.text("#drafts-count .badge") == "3")
        both_sizes(window, "drafts")
        assert window.driver.execute_script(UNNAMED) == []
        window.click(".drafts .card:nth-child(1) form[action$='/send'] button")
        window.until(lambda: len(window.all(".drafts .card")) == 2)
        window.click(".drafts .card:nth-child(1) a.button")
        window.until(lambda: "pool" in (window.find("#text").get_attribute("value") or ""))
        both_sizes(window, "drafts-change")
        window.write("#text", BY_HAND)
        window.click("button.send")
        window.until(lambda: BY_HAND in window.text(".bubble.staff"))
        writes(window, running, "lucia", "And is breakfast included?")
        window.open(f"{running.console}/drafts")
        window.until(lambda: window.all(".stale"))
        both_sizes(window, "drafts-stale")
        window.click("form[action$='/throw'] button")
        window.find(".empty")
        window.open(f"{running.phone}/?guest=anna&lang=en")
        window.until(lambda: len(answers(window)) == 2)


def test_a_fact_is_checked_without_a_guest(tmp_path: Path, window: Browser) -> None:
    with demo(tmp_path) as running:
        sign_in(window, running)
        window.click(".menu summary")
        window.click('.sheet a[href="/ask"]')
        window.write("#text", "Bis wann gibt es Frühstück?")
        window.click(".facts-form button.main")
        window.find("#checked .verdict.alone")
        assert "hotel.yaml" in window.text(".place")
        assert "07:00-10:00" in window.text(".lines-of .here")
        both_sizes(window, "facts")
        assert window.driver.execute_script(UNNAMED) == []
        window.write("#text", UNSURE)
        window.click(".facts-form button.main")
        window.find("#checked .verdict.draft")
        both_sizes(window, "facts-draft")


def test_duty_and_what_rings(tmp_path: Path, window: Browser) -> None:
    with demo(tmp_path) as running:
        sign_in(window, running)
        window.click(".menu summary")
        window.click('.sheet button[name="duty"]')
        window.until(lambda: window.all('button[name="duty"][value="off"]'))
        window.open(f"{running.console}/duty")
        window.find("#duty .light.ok")
        both_sizes(window, "duty")
        window.open(f"{running.console}/house")
        window.find("h1").click()  # browsers let a page sound only after a touch
        page = window.driver.current_window_handle
        window.driver.switch_to.new_window("tab")
        writes(window, running, "jonas", "I would like to talk to a person please")
        window.driver.switch_to.window(page)
        window.until(lambda: window.driver.title.startswith("(1) "))
        icon = window.driver.find_element("css selector", "link[rel=icon]")
        assert "moon-dot" in (icon.get_attribute("href") or "")
        window.until(lambda: window.find("body").get_attribute("data-rang") == "chime")
        window.driver.switch_to.new_window("tab")
        window.open(f"{running.phone}/?guest=taylor&lang=en")
        window.click('button[value="phrase:emergency"]')
        window.until(lambda: len(answers(window)) == 1)
        window.driver.switch_to.window(page)
        window.until(lambda: window.all(".alarm"))
        window.until(lambda: window.find("body").get_attribute("data-rang") == "alarm")
        both_sizes(window, "house-alarm")
        window.click(".menu summary")
        window.click("#sound")
        assert window.find("#sound").get_attribute("aria-pressed") == "false"
        window.shot("menu-duty")
        window.click(".alarm a.button")
        window.find("#thread")
        both_sizes(window, "talk-alarm")
        window.click(".alarm form button")
        window.until(lambda: not window.all(".alarm"))
        assert window.driver.title.startswith("(2) ")


class Slack:
    """A local server that takes what staff are told."""

    def __init__(self) -> None:
        said = self.said = list[str]()

        class Takes(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                said.append(json.loads(self.rfile.read(int(self.headers["content-length"])))["text"])
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Says nothing on the terminal."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Takes)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"

    def __enter__(self) -> Self:
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()


def test_a_link_in_a_message_is_enough_to_take_an_emergency(tmp_path: Path, window: Browser) -> None:
    outside = "https://console.example"
    with (
        Slack() as slack,
        demo(tmp_path, SLACK_WEBHOOK_URL=slack.url, NIGHTPORTER_CONSOLE__URL=outside) as running,
    ):
        window.open(f"{running.phone}/?guest=taylor&lang=en")
        window.click('button[value="phrase:emergency"]')
        window.until(lambda: slack.said)
        found = re.search(r"https://console\.example(/told/[\w-]+)", slack.said[0])
        assert found, slack.said
        window.open(running.console + found[1])
        both_sizes(window, "told")
        assert window.driver.execute_script(UNNAMED) == []
        window.click("main form button.main")
        window.until(lambda: not window.all("main form"))
        both_sizes(window, "told-taken")


def test_an_owner_lets_a_channel_send_again(tmp_path: Path, window: Browser) -> None:
    with demo(tmp_path) as running:
        window.open(f"{running.phone}/?guest=anna&lang=en")
        window.click('button[value="fail:token"]')
        window.until(lambda: window.all('button[value="fail:token"][aria-pressed="true"]'))
        window.click('button[value="phrase:breakfast"]')
        window.until(lambda: window.all(".bubble.me"))
        sign_in(window, running)
        window.open(f"{running.console}/house")
        window.until(lambda: window.all(".lift"))
        window.click(".lift summary")
        both_sizes(window, "house-stopped")
        page = window.driver.current_window_handle
        window.driver.switch_to.new_window("tab")
        window.open(f"{running.phone}/?guest=anna&lang=en")
        window.click('button[value="fail:none"]')
        window.until(lambda: window.all('button[value="fail:none"][aria-pressed="true"]'))
        window.driver.switch_to.window(page)
        window.until(lambda: window.all(".lift"))
        if not window.all(".lift[open]"):
            window.click(".lift summary")
        window.click(".lift button")
        window.until(lambda: not window.all(".lift"))
        window.open(f"{running.phone}/?guest=anna&lang=en")
        window.until(lambda: len(answers(window)) == 1)
