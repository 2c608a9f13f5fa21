"""What a Python component of Machiya is written with.

Names are loaded on first use (PEP 562), so that ``component contract`` answers without importing Arrow or NumPy.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from machiya_component.component import Component as Component
    from machiya_component.context import Context as Context
    from machiya_component.errors import ArgumentsError as ArgumentsError
    from machiya_component.errors import ComponentError as ComponentError
    from machiya_component.errors import DataError as DataError
    from machiya_component.errors import OutputError as OutputError
    from machiya_component.errors import Stopped as Stopped
    from machiya_component.errors import TemporaryError as TemporaryError
    from machiya_component.ports import FilesInput as FilesInput
    from machiya_component.ports import FilesOutput as FilesOutput
    from machiya_component.ports import MetricsInput as MetricsInput
    from machiya_component.ports import MetricsOutput as MetricsOutput
    from machiya_component.ports import ReportOutput as ReportOutput
    from machiya_component.ports import TableInput as TableInput
    from machiya_component.ports import TableOutput as TableOutput

__version__ = "0.1.0"

_HOMES = {
    "Component": "component",
    "Context": "context",
    **dict.fromkeys(
        ("ArgumentsError", "ComponentError", "DataError", "OutputError", "Stopped", "TemporaryError"), "errors"
    ),
    **dict.fromkeys(("FilesInput", "MetricsInput", "TableInput"), "ports"),
    **dict.fromkeys(("FilesOutput", "MetricsOutput", "ReportOutput", "TableOutput"), "ports"),
}

__all__ = [
    "ArgumentsError",
    "Component",
    "ComponentError",
    "Context",
    "DataError",
    "FilesInput",
    "FilesOutput",
    "MetricsInput",
    "MetricsOutput",
    "OutputError",
    "ReportOutput",
    "Stopped",
    "TableInput",
    "TableOutput",
    "TemporaryError",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
