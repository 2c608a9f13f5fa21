"""Tells people how a run ended: one message to a webhook."""

__version__ = "1.0.0"
