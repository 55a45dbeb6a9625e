"""Secret texts that never show themselves, and references to secrets that are resolved later."""

from dataclasses import dataclass


class SecretValue:
    """A text that must not be seen: `str`, `repr` and formatting give a mask, only `reveal` the text."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself; for the place that hands it to its consumer, never for output."""
        return self._text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SecretValue) and other._text == self._text

    def __hash__(self) -> int:
        return hash((SecretValue, self._text))

    def __bool__(self) -> bool:
        return bool(self._text)

    def __repr__(self) -> str:
        return "SecretValue(•••)"

    def __str__(self) -> str:
        return "•••"


@dataclass(frozen=True)
class SecretName:
    """The name of a secret that the secrets files define."""

    name: str


Credential = SecretName | SecretValue
"""What a credential key holds: a name to look up, or the text written into deploy.yml itself."""
