"""The one redactor: every event passes through it where it is made."""

import base64
import json
import re
from collections.abc import Iterable, Mapping
from enum import Enum
from types import NoneType
from typing import Literal, TypeVar, get_origin
from urllib.parse import quote

from backstaff.events.bounded import bounded
from backstaff.events.facts import Fact
from backstaff.events.types import Body

FactT = TypeVar("FactT", bound=Fact)

MASK = "[REDACTED]"
_SHORTEST = 4
_PLAIN = (Enum, int, float, NoneType)
"""What holds no text of anybody else's."""


def _forms(secret: str) -> Iterable[str]:
    """The shapes in which a value turns up in output: as it is, line by line, and in common encodings."""
    yield secret
    yield from (line.strip() for line in secret.splitlines() if len(line.strip()) >= 2 * _SHORTEST)
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield quote(secret, safe="")
    yield base64.b64encode(secret.encode()).decode().rstrip("=")
    yield secret.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$").replace("`", "\\`")
    yield secret.replace("'", "'\\''")


def _literal_fields(model: type[Fact]) -> frozenset[str]:
    """Fields with a closed set of words of our own (`kind`, `source` …): never secret, never masked."""
    return frozenset(
        name for name, field in model.model_fields.items() if get_origin(field.annotation) is Literal
    )


class Redactor:
    """Replaces secret values in text. Values under four characters are too common to be replaced safely.

    States and kinds are this project's own words and stay, even where a secret happens to equal one.
    Lone surrogates (file names and arguments that are not UTF-8) become `?`: no sink could write them.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        forms = {form for secret in secrets for form in _forms(secret) if len(form) >= _SHORTEST}
        longest_first = sorted(forms, key=lambda form: (-len(form), form))
        self._pattern = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None
        self._fixed: dict[type[Fact], frozenset[str]] = {}

    def text(self, text: str) -> str:
        """`text` with every secret masked."""
        if not text.isascii():
            text = text.encode("utf-8", "replace").decode()
        return self._pattern.sub(MASK, text) if self._pattern else text

    def body(self, body: Body) -> Body:
        """The same event with every secret in any of its texts masked, and very long texts cut."""
        return self._fact(body)

    def _fact(self, fact: FactT) -> FactT:
        kind = type(fact)
        fixed = self._fixed.get(kind)
        if fixed is None:
            fixed = self._fixed.setdefault(kind, _literal_fields(kind))
        changed: dict[str, object] = {}
        for name, value in vars(fact).items():
            clean = value if name in fixed else self._walk(value)
            if clean is not value and clean != value:
                changed[name] = clean
        return fact.model_copy(update=changed) if changed else fact

    def _walk(self, value: object) -> object:
        if isinstance(value, _PLAIN):
            return value
        if isinstance(value, str):
            # Masked before it is cut: of a secret that the cut goes through, the first half would stay.
            return bounded(self.text(value))
        if isinstance(value, Fact):
            return self._fact(value)
        if isinstance(value, tuple):
            return tuple(self._walk(item) for item in value)
        if isinstance(value, Mapping):
            return {self._walk(key): self._walk(item) for key, item in value.items()}
        return value
