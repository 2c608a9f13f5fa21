"""What the modules that do not know the kit raise; `component` gives it an exit code.

::

    ExperimentError
    ├── InputError       the data cannot be used      65
    └── SettingError     a parameter does not fit     64
"""


class ExperimentError(ValueError):
    """Something that no result is defined on.

    Attributes:
        remedy: What the person who sees it can do about it.
    """

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


class InputError(ExperimentError):
    """A table that cannot be used, though it keeps the contract."""


class SettingError(ExperimentError):
    """A parameter that is in its range, and does not fit the others or the data."""
