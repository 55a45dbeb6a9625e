"""`$(kamal secrets fetch …)` in a secrets file.

Kamal runs it inside its own process and hands the JSON on as one shell word, so that an unquoted
`$(kamal secrets extract NAME $FETCHED)` further down gets it whole. The program prints it unescaped.
"""

import re

_FETCH = re.compile(r"\s*kamal\s+secrets\s+fetch\s")
_SPECIAL = re.compile(r"[^A-Za-z0-9_\-.,:+/@\n]")


def is_kamal_fetch(line: str) -> bool:
    """Whether a command line is a call of `kamal secrets fetch`."""
    return _FETCH.match(line) is not None


def as_shell_word(text: str) -> str:
    """The text as one word of a shell, with backslashes as Ruby's `shellescape` has them."""
    if not text:
        return "''"
    return _SPECIAL.sub(r"\\\g<0>", text).replace("\n", "'\n'")
