"""Every code has a heading that says what it means and what to do; the runbook uses the program's own words."""

from __future__ import annotations

import re
import tomllib

from tests.docs.pages import ROOT, page

from nightporter import errors
from nightporter.gateway.problem import STATUS, Code
from nightporter.store import Trouble

CONSOLE_WORDS = ROOT / "src/nightporter/console/strings.toml"
NOT_FOR_THE_RUNBOOK = {"pending"}  # not an alert: every message begins so


def sections() -> dict[str, str]:
    parts = re.split(r"^## (\S+)$", page("docs/errors.md").text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_code_has_its_section_and_no_other() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    codes = [kind.code for kind in kinds if issubclass(kind, errors.NightporterError)]
    assert len(codes) == len(set(codes)), "a code stands for one thing"
    assert set(sections()) == {*codes, *Code}


def test_a_section_says_something() -> None:
    assert [code for code, text in sections().items() if len(text.split()) < 6] == []


def test_a_problem_names_its_status() -> None:
    told = sections()
    assert [code for code in Code if not told[code].strip().startswith(str(STATUS[code]))] == []


def test_the_runbook_knows_every_trouble_of_the_disk() -> None:
    text = page("docs/runbook.md").text
    assert [trouble for trouble in Trouble if trouble is not Trouble.NONE and trouble not in text] == []


def test_the_runbook_knows_every_alert_as_staff_read_it() -> None:
    reasons = tomllib.loads(CONSOLE_WORDS.read_text("utf-8"))["reasons"]
    text = page("docs/runbook.md").text
    missing = [key for key, words in reasons.items() if words["en"] not in text]
    assert missing == sorted(NOT_FOR_THE_RUNBOOK)
