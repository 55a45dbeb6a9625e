"""`$(kamal secrets …)` in a secrets file.

Kamal runs such a command inside its own process: its words are split as by a shell, but nothing in them is
expanded. What `fetch` gives is handed on as one shell word, so that `$(kamal secrets extract NAME $FETCHED)`
further down gets it whole. The program itself prints it unescaped.
"""

import re
import shlex
from collections.abc import Sequence

_KAMAL_SECRETS = re.compile(r"\s*kamal\s+secrets\s")
_SPECIAL = re.compile(r"[^A-Za-z0-9_\-.,:+/@\n]")


def kamal_words(line: str) -> Sequence[str] | None:
    """The words of a `kamal secrets` command, None for any other. Raises ValueError for an unclosed quote."""
    return shlex.split(line) if _KAMAL_SECRETS.match(line) else None


def handed_on(words: Sequence[str], output: str) -> str:
    """What a `kamal secrets` command stands for, by what the program printed."""
    return _as_shell_word(output) if words[2:3] == ["fetch"] else output


def _as_shell_word(text: str) -> str:
    """One word of a shell, with backslashes as Ruby's `shellescape` has them."""
    if not text:
        return "''"
    return _SPECIAL.sub(r"\\\g<0>", text).replace("\n", "'\n'")
