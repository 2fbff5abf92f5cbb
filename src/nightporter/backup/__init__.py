"""Backups: snapshots of the data folder, checked by restoring them, shipped to other places, and brought back."""
