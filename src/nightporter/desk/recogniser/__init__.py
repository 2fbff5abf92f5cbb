"""Understands a guest's message without any account: rules first, then a small model trained at build time."""

from nightporter.desk.recogniser.recogniser import Recogniser
from nightporter.desk.recogniser.thresholds import Level, level

__all__ = ["Level", "Recogniser", "level"]
