"""Shows recommendations to people: a self-contained report, and a small web application over the same templates."""

__version__ = "1.0.0"
