"""How sure the recogniser must be: per topic from where on a wish is answered by itself, and from where on drafted."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Literal

Level = Literal["high", "middle", "low"]


def level(topic: str, confidence: float) -> Level:
    """Whether a wish is answered by itself (high), drafted for staff (middle) or handed over (low)."""
    limits = _thresholds().get(topic)
    if limits is None:
        return "low"
    return "high" if confidence >= limits["high"] else "middle" if confidence >= limits["middle"] else "low"


@cache
def temperature() -> float:
    """By how much scores are divided before they become probabilities, measured on held-out examples."""
    return _thresholds()["model"]["temperature"]


@cache
def _thresholds() -> dict[str, dict[str, float]]:
    text = (
        resources.files("nightporter.desk.recogniser").joinpath("thresholds.toml").read_text(encoding="utf-8")
    )
    return tomllib.loads(text)
