"""Masking what looks like a secret. Kamal masks what it knows to be one, but no env values and no output."""

import re

from backstaff.events.redact import MASK, Redactor

_TELLING_NAME = (
    r"[A-Za-z0-9_.-]*(?:PASSW(?:OR)?D|PASSPHRASE|SECRET|TOKEN|CREDENTIALS?|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY"
    r"|MASTER_?KEY|ENCRYPTION_?KEY|AUTH_?KEY)[A-Za-z0-9_]*"
)
_VALUE = r"""(?:"(?:[^"\\]|\\.)*"|'[^']*'|[^\s"'&;|,}\])]+)"""
_LOGIN = re.compile(rf"(docker login\b.*?(?: -p| --password)[ =])(?!\[REDACTED\]){_VALUE}")
_ASSIGNED = re.compile(rf"(\b{_TELLING_NAME}=)(?!\[REDACTED\]){_VALUE}", re.IGNORECASE)
_QUOTED = re.compile(rf'("{_TELLING_NAME}"\s*:\s*)"(?:[^"\\]|\\.)*"', re.IGNORECASE)
_USER_IN_URL = re.compile(r"(\b[a-z][a-z0-9+.-]*://[^\s/:@\"']*:)[^\s/@\"']+(?=@)", re.IGNORECASE)
_BEARER = re.compile(r"(\b(?:Bearer|Basic) )[A-Za-z0-9+/=._~-]{8,}")
_KNOWN_SHAPES = re.compile(
    r"\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_-]{16,}|AKIA[A-Z0-9]{16}"
    r"|xox[abpr]-[A-Za-z0-9-]{10,}|eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{5,})"
)
_KEY_BEGINS = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
_KEY_ENDS = re.compile(r"-----END [A-Z ]*PRIVATE KEY-----")
_HINT = re.compile(
    r"docker login|://|bearer|basic|gh._|github_pat|glpat|akia|xox|eyj|pass|secret|token|credential|key"
)
"""Something of this is in every text that the patterns change, once its case is folded."""
_KEY_LINES = 100
"""How many lines a private key may have, should its last line be missing."""


class PatternRedactor(Redactor):
    """Masks by shape, since the secrets of a run that somebody else made are not known.

    Of a private key all lines up to its last are masked, if they come one after the other."""

    def __init__(self) -> None:
        super().__init__()
        self._key_lines_left = 0
        self._clean = ""
        """The last text found clean: each line is looked at as it is read, and again as an event."""

    def line(self, text: str) -> str:
        """A line of the log masked; lines are to be given one after the other."""
        if _KEY_BEGINS.search(text):
            self._key_lines_left = _KEY_LINES
        if not self._key_lines_left:
            return self.text(text)
        self._key_lines_left = 0 if _KEY_ENDS.search(text) else self._key_lines_left - 1
        return MASK

    def text(self, text: str) -> str:
        """`text` with what looks like a secret masked."""
        if text == self._clean:
            return text
        masked = super().text(text)
        if masked == text:
            self._clean = text or self._clean
        return masked

    def _masked(self, text: str, *, may_break: bool = False) -> str:
        text = super()._masked(text, may_break=may_break)
        if not _HINT.search(text.casefold()):
            return text
        for pattern in (_LOGIN, _ASSIGNED, _USER_IN_URL, _BEARER):
            text = pattern.sub(rf"\1{MASK}", text)
        text = _QUOTED.sub(rf'\1"{MASK}"', text)
        return _KNOWN_SHAPES.sub(MASK, text)
