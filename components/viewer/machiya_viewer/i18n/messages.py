"""What a view model says, before anybody knows in which language."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Message:
    """A sentence with places for values: ``%(name)s was not evaluated.``

    ``many`` is the form for every number but 1, and ``count`` that number; both are empty where nothing is counted.
    """

    text: str
    values: Mapping[str, "Value"] = field(default_factory=dict)
    many: str = ""
    count: int = 0

    def __str__(self) -> str:
        """The sentence in English, for logs and tests; pages translate it with the filter ``say``."""
        text = self.many if self.many and self.count != 1 else self.text
        return text % {name: f"{value:,}" if isinstance(value, int) else value for name, value in self.values.items()}


# Text of the data is a str and shown as it is; what the viewer says itself is a message.
Words = str | Message
# What may stand in a message; whole numbers get separators.
Value = str | int | Message


def message(text: str, **values: Value) -> Message:
    """``message("%(name)s was not evaluated.", name=name)``. The text is a literal: its translations are looked for."""
    return Message(text, values)


def messages(one: str, many: str, count: int, **values: Value) -> Message:
    """The form for 1 and the form for every other number; ``%(count)s`` is the number itself."""
    return Message(one, {**values, "count": count}, many, count)
