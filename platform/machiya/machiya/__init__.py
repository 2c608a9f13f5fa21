"""Machiya: components, each in its own image, that together make a workflow."""

__version__ = "0.1.0"
