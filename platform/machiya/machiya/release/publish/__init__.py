"""Stage one: the folder of a component -> a version in a registry that nothing uses yet."""

from machiya.release.publish.changelog import changelog_entry
from machiya.release.publish.choose import choose_registry
from machiya.release.publish.release import Releaser
from machiya.release.publish.report import Report

__all__ = ["Releaser", "Report", "changelog_entry", "choose_registry"]
