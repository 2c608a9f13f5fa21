"""How programs are run: as processes of this machine, or in containers."""

from machiya.engines.local.launchers.protocol import Exit, Launcher, LaunchError, RunningStep, Workspace

__all__ = ["Exit", "LaunchError", "Launcher", "RunningStep", "Workspace"]
