"""Draws the rounds as one small SVG: a bar per system for each rate and for memory, a dot per round."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from html import escape

from harness.answers import Result
from harness.report import OURS, PEER, Row, figures

PANELS = (
    Row("saturation", "acks_per_second", "webhooks acknowledged / s"),
    Row("saturation", "answers_per_second", "answers / s"),
    Row("saturation", "rss_mb", "memory, MB"),
)
COLOURS = {OURS: "#0b6e4f", PEER: "#8d99ae"}
PANEL_WIDTH = 220
BAR_WIDTH = 56
BAR_HEIGHT = 180
TOP = 44
HEIGHT = TOP + BAR_HEIGHT + 44
STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#222}.title{font-weight:600}.dot{fill:#222;fill-opacity:.45}"
)


def draw(results: Sequence[Result]) -> str:
    """The SVG document; panels without rounds stay empty."""
    width = PANEL_WIDTH * len(PANELS)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {HEIGHT}" role="img">']
    parts += [f"<style>{STYLE}</style>", f'<rect width="{width}" height="{HEIGHT}" fill="#fff"/>']
    for number, row in enumerate(PANELS):
        parts.extend(_panel(results, row, number * PANEL_WIDTH))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _panel(results: Sequence[Result], row: Row, left: int) -> list[str]:
    parts = [f'<text class="title" x="{left + 20}" y="24">{escape(row.label)}</text>']
    by_system = {system: figures(results, system, row) for system in COLOURS}
    greatest = max((value for values in by_system.values() for value in values), default=0.0)
    for place, (system, values) in enumerate(by_system.items()):
        if values:
            parts.extend(_bar(system, values, greatest, left + 28 + place * (BAR_WIDTH + 36)))
    return parts


def _bar(system: str, values: Sequence[float], greatest: float, x: int) -> list[str]:
    def y(value: float) -> float:
        return TOP + BAR_HEIGHT * (1 - value / greatest)

    middle = statistics.median(values)
    top, centre, foot = y(middle), x + BAR_WIDTH / 2, TOP + BAR_HEIGHT
    parts = [
        f'<rect x="{x}" y="{top:.1f}" width="{BAR_WIDTH}" height="{foot - top:.1f}" fill="{COLOURS[system]}"/>',
        f'<text x="{centre}" y="{foot + 16}" text-anchor="middle">{escape(system)}</text>',
        f'<text x="{centre}" y="{foot + 32}" text-anchor="middle">{middle:,.0f}</text>',
    ]
    dots = (f'<circle class="dot" cx="{centre}" cy="{y(value):.1f}" r="3"/>' for value in values)
    return [*parts, *dots]
