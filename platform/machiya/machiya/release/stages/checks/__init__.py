"""`machiya pins check`: the pins and everything derived from them; all findings at once, each with its line."""

from machiya.release.stages.checks.check import check_pins

__all__ = ["check_pins"]
