"""The one error of the numerics: data that no metric is defined on."""


class InputError(ValueError):
    """Data that breaks an assumption of the metrics.

    Attributes:
        remedy: What the person who made the data can do about it.
    """

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy
