"""The one error of the numerics, which know nothing of the contract; ``component`` turns it into a ``DataError``."""


class InvalidInputError(ValueError):
    """Interactions or a model that cannot be used. Carries what is wrong (and where), and what to do about it."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy
