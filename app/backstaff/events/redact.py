"""The one redactor: every event passes through it where it is made."""

import base64
import json
import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote

from backstaff.events.types import Body, BodyAdapter

MASK = "[REDACTED]"
_SHORTEST = 4


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


class Redactor:
    """Replaces secret values in text. Values under four characters are too common to be replaced safely."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        forms = {form for secret in secrets for form in _forms(secret) if len(form) >= _SHORTEST}
        longest_first = sorted(forms, key=lambda form: (-len(form), form))
        self._pattern = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def text(self, text: str) -> str:
        """`text` with every secret masked."""
        return self._pattern.sub(MASK, text) if self._pattern else text

    def body(self, body: Body) -> Body:
        """The same event with every secret in any of its texts masked."""
        if self._pattern is None:
            return body
        plain = body.model_dump()
        masked = self._walk(plain)
        return body if masked == plain else BodyAdapter.validate_python(masked)

    def _walk(self, value: object) -> object:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self._walk(key): self._walk(item) for key, item in value.items()}
        if isinstance(value, tuple | list):
            return type(value)(self._walk(item) for item in value)
        return value
