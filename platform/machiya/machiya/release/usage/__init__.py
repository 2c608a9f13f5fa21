"""What a difference between two contracts means for one workflow: only what it uses can break it."""

from machiya.release.usage.judge import judge
from machiya.release.usage.judgement import Judgement, Verdict

__all__ = ["Judgement", "Verdict", "judge"]
