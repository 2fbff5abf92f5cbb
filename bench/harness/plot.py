"""Draws the rounds as one small SVG: two bars to compare in each panel, a dot per round."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from harness.answers import Result
from harness.report import OURS, PEER, Row, figures

OUR_COLOUR, OTHER_COLOUR = "#0b6e4f", "#8d99ae"


class Bar(NamedTuple):
    """One bar: the figures of a row for one system, under a name."""

    name: str
    system: str
    row: Row
    colour: str = OUR_COLOUR


def _against_peer(key: str) -> tuple[Bar, ...]:
    row = Row("saturation", key, "")
    return Bar(OURS, OURS, row), Bar(PEER, PEER, row, OTHER_COLOUR)


PANELS: tuple[tuple[str, tuple[Bar, ...]], ...] = (
    ("webhooks acknowledged / s", _against_peer("acks_per_second")),
    ("answers / s", _against_peer("answers_per_second")),
    ("memory, MB", _against_peer("rss_mb")),
    (
        "answered at once p99, ms",
        (
            Bar("Cloud API", OURS, Row("steady", "at_once_p99_ms", "", channel="cloud")),
            Bar("Spoki", OURS, Row("steady", "at_once_p99_ms", "", channel="spoki")),
        ),
    ),
    (
        "acknowledged p99, ms",
        (
            Bar("with history", OURS, Row("history", "ack_p99_ms", "")),
            Bar("empty store", OURS, Row("history-empty", "ack_p99_ms", ""), OTHER_COLOUR),
        ),
    ),
    (
        "bytes on disk / message",
        (
            Bar("log pruned", OURS, Row("disk", "bytes_without_log", "")),
            Bar("after 180 days", OURS, Row("disk", "bytes_without_statuses", ""), OTHER_COLOUR),
        ),
    ),
)
PANEL_WIDTH = 220
BAR_WIDTH = 56
BAR_HEIGHT = 180
TOP = 44
LEAST_HEIGHT = 1e-9  # a figure that is 0 has a bar without height
HEIGHT = TOP + BAR_HEIGHT + 44
STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#222}.title{font-weight:600}.dot{fill:#222;fill-opacity:.45}"
)


def draw(results: Sequence[Result]) -> str:
    """The SVG document, with the panels whose rounds were run."""
    panels = [(title, _found(results, bars)) for title, bars in PANELS]
    drawn = [(title, found) for title, found in panels if any(values for _, values in found)]
    width = PANEL_WIDTH * max(len(drawn), 1)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {HEIGHT}" role="img">']
    parts += [f"<style>{STYLE}</style>", f'<rect width="{width}" height="{HEIGHT}" fill="#fff"/>']
    for number, (title, found) in enumerate(drawn):
        parts.extend(_panel(title, found, number * PANEL_WIDTH))
    return "\n".join([*parts, "</svg>"]) + "\n"


Found = list[tuple[Bar, list[float]]]


def _found(results: Sequence[Result], bars: Sequence[Bar]) -> Found:
    return [(bar, figures(results, bar.system, bar.row)) for bar in bars]


def _panel(title: str, found: Found, left: int) -> list[str]:
    parts = [f'<text class="title" x="{left + 20}" y="24">{escape(title)}</text>']
    greatest = max(value for _, values in found for value in values)
    for place, (bar, values) in enumerate(found):
        if values:
            parts.extend(_bar(bar, values, greatest, left + 28 + place * (BAR_WIDTH + 36)))
    return parts


def _bar(bar: Bar, values: Sequence[float], greatest: float, x: int) -> list[str]:
    def y(value: float) -> float:
        return TOP + BAR_HEIGHT * (1 - value / max(greatest, LEAST_HEIGHT))

    middle = statistics.median(values)
    top, centre, foot = y(middle), x + BAR_WIDTH / 2, TOP + BAR_HEIGHT
    parts = [
        f'<rect x="{x}" y="{top:.1f}" width="{BAR_WIDTH}" height="{foot - top:.1f}" fill="{bar.colour}"/>',
        f'<text x="{centre}" y="{foot + 16}" text-anchor="middle">{escape(bar.name)}</text>',
        f'<text x="{centre}" y="{foot + 32}" text-anchor="middle">{middle:,.0f}</text>',
    ]
    dots = (f'<circle class="dot" cx="{centre}" cy="{y(value):.1f}" r="3"/>' for value in values)
    return [*parts, *dots]
