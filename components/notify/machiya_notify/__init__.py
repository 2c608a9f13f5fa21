"""Tells people how a run ended: one message to a webhook or by e-mail."""

__version__ = "1.0.0"
