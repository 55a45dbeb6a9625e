"""How a secret may be written in what programs are given, print, and keep in files."""

import base64
import json
import re
import shlex
from collections.abc import Iterator, Sequence

_SPECIAL_TO_A_SHELL = re.compile(r"[^A-Za-z0-9_\-.,:+/@]")
_SPECIAL_IN_DOUBLE_QUOTES = re.compile(r'[\\"$`]')
_CHARACTERS_OF_WHAT_IS_BEFORE = (0, 2, 3)
"""Of base64, by how many bytes too many for a group of three are before a secret."""


class SecretForms:
    """Secrets, each in every way it is looked for: as it is, quoted for a shell, in JSON, in base64."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._forms = [sorted(set(_forms(secret)), key=len) for secret in secrets]

    def found_in(self, content: bytes) -> set[int]:
        """The numbers of the secrets that are in it. Base64 may be broken into lines, of any length."""
        text = content.replace(b"\n", b"")
        return {number for number, forms in enumerate(self._forms) if any(form in text for form in forms)}


def _forms(secret: str) -> Iterator[bytes]:
    yield from (form.encode() for form in _texts(secret))
    yield from _in_base64(secret.encode())


def _texts(secret: str) -> Iterator[str]:
    yield secret
    yield shlex.quote(secret)
    yield secret.replace("'", r"'\''")
    yield _SPECIAL_TO_A_SHELL.sub(r"\\\g<0>", secret)
    yield _SPECIAL_IN_DOUBLE_QUOTES.sub(r"\\\g<0>", secret)
    yield json.dumps(secret)[1:-1]


def _in_base64(secret: bytes) -> Iterator[bytes]:
    """Wherever it is in what was encoded, such as Docker's `user:password`: without the characters at both
    ends that depend on what is before and behind it."""
    for before, foreign in enumerate(_CHARACTERS_OF_WHAT_IS_BEFORE):
        data = bytes(before) + secret
        whole = len(data) * 8 // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield encode(data)[foreign:whole]
