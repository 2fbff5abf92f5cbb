"""Nightporter answers a hotel's guests on WhatsApp; this module holds the version, and nothing else."""

__version__ = "0.1.0"
