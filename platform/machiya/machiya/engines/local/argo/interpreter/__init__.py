"""The interpreter: from a manifest and what has happened so far to what happens next. Pure: no input, output or clock.

`Interpreter` is told what happened (a pod ended, time passed) and answers with commands; see `commands`.
"""

from machiya.engines.local.argo.interpreter.machine import Interpreter, RunFacts

__all__ = ["Interpreter", "RunFacts"]
