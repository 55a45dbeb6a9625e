"""Making outside text inert: what a container, a hook or a server wrote must never drive a terminal."""

import re

_ESCAPES = re.compile(
    r"""
    (?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]                     # CSI: colours, cursor, modes
    | (?:\x1b[\]PX^_]|[\x90\x98\x9d\x9e\x9f])            # OSC, DCS, SOS, PM, APC: up to their end,
      [^\x07\x1b\x90\x98\x9c-\x9f]*(?:\x07|\x1b\\|\x9c)  #   and only if they have one
    | \x1b[ -/]+[0-~]                                    # character sets and the like
    | \x1b[0-Z\\^-~]                                     # two-character escapes
    """,
    re.VERBOSE,
)
_HIDDEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"  # C0 and C1, escape itself included
    "\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"  # invisible, or reordering the line
    "\ud800-\udfff]"  # halves of characters, which can not be written
)
_SPACES = re.compile("[\t\n\r\x0b\x0c\x85\u2028\u2029]")


def inert(text: str) -> str:
    """`text` as one line that a terminal can only print.

    Escape sequences, control characters and invisible reorderings go; line breaks, carriage returns and tabs
    become one space each. A sequence without an end loses its control characters but no text.
    """
    if text.isascii() and text.isprintable():
        return text
    text = _SPACES.sub(" ", text.rstrip("\r\n"))
    return _HIDDEN.sub("", _ESCAPES.sub("", text))


def inert_lines(text: str) -> list[str]:
    """The lines of `text`, each inert; empty ones are left out."""
    return [line for line in map(inert, text.split("\n")) if line]
