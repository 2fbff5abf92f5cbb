"""The simulated world of the demo: a hotel, its guests and a provider, in the process that runs the node."""

from pathlib import Path

HOTEL_FILE: Path = Path(__file__).with_name("hotel.yaml")
"""The facts of the demo hotel."""

__all__ = ["HOTEL_FILE"]
