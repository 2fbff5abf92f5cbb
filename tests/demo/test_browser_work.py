"""What helps staff write, in a real browser: ready answers, notes and labels, templates, search; at both sizes."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest
from selenium.webdriver.common.keys import Keys
from tests.console.browser import DESKTOP, PHONE, Browser, browser
from tests.demo.process import Demo, demo
from tests.demo.test_browser import UNNAMED, answers, sign_in

pytestmark = [pytest.mark.ci, pytest.mark.timeout(240)]

WIFI = "Hello {guest}, the network in room {room} is Porter."


@pytest.fixture
def window(tmp_path: Path) -> Generator[Browser]:
    with browser(tmp_path / "profile") as opened:
        opened.resize(DESKTOP)
        yield opened


def at_talk(window: Browser, running: Demo) -> str:
    """A guest wants a person, and the owner has the conversation open; its address."""
    window.open(f"{running.phone}/?guest=anna")
    window.click('button[value="phrase:human"]')
    window.until(lambda: len(answers(window)) == 1)
    sign_in(window, running)
    window.driver.add_cookie({"name": "nightporter_language", "value": "en"})
    window.click(".lines a")
    window.find("#thread")
    return window.driver.current_url


def shots(window: Browser, name: str) -> None:
    """On a desk, on a phone, and in the dark."""
    for size, dark, what in ((DESKTOP, False, ""), (PHONE, False, "-360"), (PHONE, True, "-360-dark")):
        window.resize(size, dark=dark)
        window.shot(f"{name}{what}")
    window.resize(DESKTOP)


def keep(window: Browser, running: Demo, name: str, language: str, text: str) -> None:
    window.open(f"{running.console}/answers")
    window.write("#name", name)
    window.click(f'#language option[value="{language}"]')
    window.write("#words", text)
    window.click("form[action='/answers'] button.main")
    window.until(lambda: text in window.text(".kept"))


def test_a_ready_answer_by_slash_and_by_its_button(tmp_path: Path, window: Browser) -> None:
    with demo(tmp_path) as running:
        talk = at_talk(window, running)
        window.open(f"{running.console}/answers")
        shots(window, "answers-none")
        keep(window, running, "Wi-Fi", "en", WIFI)
        keep(window, running, "Wi-Fi", "it", "Buonasera {guest}, la rete in camera {room} è Porter.")
        keep(window, running, "Taxi", "en", "A taxi comes at {time}.")
        shots(window, "answers")
        window.open(talk)
        field = window.find("#text")
        field.send_keys("Good evening! /")
        window.until(lambda: len([one for one in window.all(".pick") if one.is_displayed()]) == 2)
        shots(window, "talk-answers")
        field.send_keys("wi")
        window.until(lambda: len([one for one in window.all(".pick") if one.is_displayed()]) == 1)
        field.send_keys(Keys.ENTER)
        window.until(lambda: "Porter" in (field.get_attribute("value") or ""))
        said = field.get_attribute("value") or ""
        assert said.startswith("Good evening! Buonasera Anna"), "the guest's own language comes first"
        assert "/wi" not in said
        before = window.driver.current_url
        if "{room}" in said:
            window.click("button.send")
            assert window.driver.current_url == before, "the gap holds it back"
            field.send_keys("12")
        window.shot("talk-answer-picked")
        field.clear()
        window.click("#ready summary")
        window.click('.pick button[value="en:taxi"]')
        window.until(lambda: "{time}" in (field.get_attribute("value") or ""))
        field.send_keys("9 pm")
        assert field.get_attribute("value") == "A taxi comes at 9 pm."
        assert window.driver.execute_script(UNNAMED) == []
        window.click("button.send")
        window.until(lambda: "A taxi comes at 9 pm." in window.text(".bubble.staff"))


def test_a_note_and_labels_beside_a_talk(tmp_path: Path, window: Browser) -> None:
    with demo(tmp_path) as running:
        talk = at_talk(window, running)
        window.find("#text").send_keys("Half an answer")
        window.click("#note-tool summary")
        window.write("#note", "Called at six: two towels, and the VIP basket.\nMarta knows.")
        shots(window, "talk-noting")
        window.click("#note-tool button")
        window.until(lambda: "VIP basket" in window.text(".bubble.note"))
        assert not window.all("#note-tool[open]")
        for word in ("VIP", "Allergia alle noci"):
            window.click("#label-tool summary")
            window.write("#label", word)
            window.shot("talk-labelling")
            window.find("#label").send_keys(Keys.ENTER)
            window.until(lambda word=word: word in window.text("#labels"))
        assert window.find("#text").get_attribute("value") == "Half an answer", "what was typed stays"
        shots(window, "talk-note-labels")
        assert window.driver.execute_script(UNNAMED) == []
        window.open(running.console)
        window.until(lambda: window.all("nav.labels .label"))
        shots(window, "inbox-labels")
        window.click("nav.labels a[href='/?label=vip']")
        window.until(lambda: window.all("nav.labels [aria-current]") and window.all(".lines a"))
        window.shot("inbox-one-label")
        window.open(talk)
        window.click("#labels button")
        window.until(lambda: len(window.all("#labels .label")) == 1)
        window.click(".bubble.note button")
        window.until(lambda: not window.all(".bubble.note"))


def test_a_template_when_the_window_is_over(tmp_path: Path, window: Browser) -> None:
    with demo(tmp_path) as running:
        talk = at_talk(window, running)
        window.open(f"{running.console}/templates")
        window.until(lambda: "flight_delay" in window.text("#templates"))
        shots(window, "templates")
        for when in ("morning", "night", "morning"):
            window.open(f"{running.phone}/?guest=anna")
            before = window.text(".world .now")
            window.click(f'button[value="clock:{when}"]')
            window.until(lambda before=before: window.text(".world .now") != before)
        sign_in(window, running)  # nobody touched the page for a day
        window.open(talk)
        window.until(lambda: window.all(".offers a"))
        shots(window, "talk-offers")
        window.click(".offers a[href*='it:flight_delay']")
        window.write("#p0", "AZ 1234")
        window.write("#p1", "21:30")
        shots(window, "talk-template")
        window.click("button.send")
        window.until(lambda: "AZ 1234 is late" in window.text(".bubble.staff"))
        window.shot("talk-template-sent")
        assert window.driver.execute_script(UNNAMED) == []


def test_searching_from_the_inbox_to_the_message(tmp_path: Path, window: Browser) -> None:
    with demo(tmp_path) as running:
        at_talk(window, running)
        window.open(running.console)
        window.write("#q", "PERSONA")
        window.find("#q").send_keys(Keys.ENTER)
        window.until(lambda: window.all(".found mark"))
        shots(window, "search")
        assert window.driver.execute_script(UNNAMED) == []
        window.click(".found a[href*='#b-']")
        window.until(lambda: window.all(".bubble:target"))
        window.shot("search-target")
        window.open(f"{running.console}/search?q=Anna")
        window.until(lambda: window.all(".found a"))
        window.open(f"{running.console}/search?q=qqqqq")
        shots(window, "search-nothing")
        window.open(running.console)
        shots(window, "inbox-search")
