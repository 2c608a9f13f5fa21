"""Compares a table with those of the last good runs, and stops a run whose data is another."""

__version__ = "1.0.0"
