"""The generated pages say what the code says now."""

from __future__ import annotations

from scripts.docs import PAGES, REFERENCE, stale


def test_the_reference_is_current() -> None:
    assert [path.name for path in stale()] == [], "run `make docs`"


def test_every_reference_page_is_generated() -> None:
    assert {path.name for path in REFERENCE.iterdir()} == set(PAGES)
