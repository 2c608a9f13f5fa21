"""For runs from this folder: keeps the folder `platform` from standing in for the standard library's module."""

import platform
from pathlib import Path

# pytest names test modules after their path (importlib mode), so those below platform/ need a parent module `platform`.
# It takes the one that is there if that can have children, and else loads the folder in its place, for everybody.
platform.__path__ = [str(Path(__file__).with_name("platform"))]
