"""The log: nobody's words, no numbers of people, bounded files."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from nightporter.app import logbook
from nightporter.app.logbook import FILES_KEPT, LINES_HELD_MAX, LOG_FILE, Logbook, LogFile, masked, numbered
from nightporter.clock import SystemClock


@contextmanager
def logging_to(folder: Path | None, style: str = "text") -> Generator[io.StringIO]:
    terminal = io.StringIO()
    book = Logbook(SystemClock(), style, terminal)
    if folder:
        book.keep_in(folder)
    try:
        yield terminal
    finally:
        book.close()


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "log" / LOG_FILE).read_bytes().splitlines()]


def test_a_line_in_both_places(tmp_path: Path) -> None:
    with logging_to(tmp_path) as terminal:
        structlog.get_logger("rounds").warning("message refused", outbox="0190abc-0", code=131047)
    (line,) = lines(tmp_path)
    assert line["event"] == "message refused"
    assert (line["level"], line["logger"], line["outbox"], line["code"]) == (
        "warning",
        "rounds",
        "0190abc-0",
        131047,
    )
    assert line["at"].endswith("Z")
    assert "warning  message refused  outbox=0190abc-0 code=131047" in terminal.getvalue()


def test_what_a_terminal_that_is_gone_did_not_take_is_in_the_file_once_there_is_one(tmp_path: Path) -> None:
    terminal = io.StringIO()
    book = Logbook(SystemClock(), "text", terminal)
    terminal.close()
    log = structlog.get_logger("start")
    for number in range(LINES_HELD_MAX + 5):
        log.info("early", number=number)
    book.keep_in(tmp_path)
    log.info("late")
    book.close()
    told = lines(tmp_path)
    assert [line.get("number") for line in told[:-2]] == list(range(5, LINES_HELD_MAX + 5))
    assert [(line["event"], line.get("lines")) for line in told[-2:]] == [("log lost", 5), ("late", None)]


def test_what_the_terminal_took_is_not_told_twice(tmp_path: Path) -> None:
    with logging_to(None) as terminal:
        book = structlog.get_config()["processors"][0].__self__
        structlog.get_logger("start").info("early")
        book.keep_in(tmp_path)
    assert "early" in terminal.getvalue()
    assert lines(tmp_path) == []


def test_json_to_the_terminal() -> None:
    with logging_to(None, "json") as terminal:
        structlog.get_logger().info("ready", gateway="127.0.0.1:3001")
    assert json.loads(terminal.getvalue())["gateway"] == "127.0.0.1:3001"


def test_words_of_an_exception_are_not_told(tmp_path: Path) -> None:
    with logging_to(tmp_path) as terminal:
        try:
            int("I am in room 204 and my wife is ill")
        except ValueError:
            structlog.get_logger("rounds").exception("turn crashed", conversation="c1")
    (line,) = lines(tmp_path)
    assert line["error"] == "ValueError"
    assert line["trace"][0].startswith("test_logbook.py:")
    assert "204" not in terminal.getvalue()
    assert "wife" not in json.dumps(line)


def test_libraries_are_heard_without_their_arguments(tmp_path: Path) -> None:
    with logging_to(tmp_path):
        logging.getLogger("uvicorn.error").warning("bad request from %s", "+39 333 1234567")
        logging.getLogger("uvicorn.error").info("not this")
    (line,) = lines(tmp_path)
    assert line["event"] == "bad request from %s"


@pytest.mark.parametrize("name", sorted(logbook.FORBIDDEN))
def test_what_carries_words_is_withheld(tmp_path: Path, name: str) -> None:
    with logging_to(tmp_path):
        structlog.get_logger().info("happened", **{name: "Ciao, sono in camera"})
    assert lines(tmp_path)[0][name] == logbook.WITHHELD


@pytest.mark.parametrize(
    "number", ["+39 333 1234567", "393331234567", "0039-333-1234567", "(0471) 100 200", 4111111111111111]
)
def test_numbers_of_people_are_masked(number: object) -> None:
    assert masked(f"from {number}, again" if isinstance(number, str) else number) in (
        "from (number), again",
        "from ((number), again",
        "(number)",
    )


@pytest.mark.parametrize(
    "harmless",
    ["127.0.0.1:3001", "2026-08-31", "01a2056686d8-0cd33a77bde9b4027401-0", "np-031", 12345, 0.5, None, True],
)
def test_what_is_no_number_of_a_person_stays(harmless: object) -> None:
    assert masked(harmless) == harmless


@given(
    st.text("0123456789", min_size=8, max_size=15),
    st.sampled_from(["", "+", "00"]),
    st.sampled_from([" ", ", ", ": "]),
)
def test_no_phone_gets_through(digits: str, prefix: str, before: str) -> None:
    assert digits not in str(masked(f"caller{before}{prefix}{digits} wrote"))


def test_files_are_bounded(tmp_path: Path) -> None:
    path = tmp_path / "log" / "small.jsonl"
    file = LogFile(path, bytes_max=100)
    for number in range(60):
        file.write(f"line {number:03}\n".encode())
    file.close()
    kept = [numbered(path, number) for number in range(FILES_KEPT + 1)]
    assert all(one.stat().st_size <= 100 for one in kept)
    assert not numbered(path, FILES_KEPT + 1).exists()
    assert path.read_text("utf-8").endswith("line 059\n")


def test_a_full_disk_does_not_stop_the_node(tmp_path: Path) -> None:
    file = LogFile(tmp_path / "log" / "x.jsonl")
    file.close()
    file.write(b"lost\n")
