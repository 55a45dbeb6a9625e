"""`$(kamal secrets …)` in a secrets file.

Kamal runs such a command inside its own process: its words are split as by a shell, but nothing in them is
expanded. What `fetch` gives is handed on as one shell word, so that `$(kamal secrets extract NAME $FETCHED)`
further down gets it whole. Only `fetch` takes the program itself, which prints it unescaped.
"""

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from getopt import GetoptError, getopt, gnu_getopt

from backstaff.config.secrets.failure import SecretCommandFailed
from backstaff.config.secrets.fetched import find_secret

_KAMAL_SECRETS = re.compile(r"\s*kamal\s+secrets\s")
_SPECIAL = re.compile(r"[^A-Za-z0-9_\-.,:+/@\n]")
_SHORT_OPTIONS = "vqpHh:r:c:d:"
_OPTIONS = (
    *("verbose", "quiet", "primary", "skip-hooks", "inline"),
    *("version=", "hosts=", "roles=", "config-file=", "destination="),
)
"""What every command of Kamal's takes, and what means nothing to these."""


@dataclass(frozen=True)
class Fetch:
    """`kamal secrets fetch`: a program to run, by its words."""

    words: Sequence[str]

    def handed_on(self, output: str) -> str:
        """What the command stands for, by what the program printed."""
        return _as_shell_word(output)


@dataclass(frozen=True)
class Extract:
    """`kamal secrets extract`. Nothing is run for it: what was fetched would be an argument of a program, and
    those are there for everybody on this machine to read."""

    name: str
    fetched: str

    def value(self) -> str:
        """What the command stands for. Raises SecretCommandFailed."""
        return find_secret(self.name, self.fetched)


def kamal_command(line: str) -> Fetch | Extract | None:
    """A `kamal secrets` command, None for any other.

    Raises SecretCommandFailed for one that can give no value. Its message has none of the words: they may be
    secrets."""
    if not _KAMAL_SECRETS.match(line):
        return None
    words = _words(line)
    name, arguments = _subcommand(words[2:])
    # As everywhere in Kamal, the beginning of a name will do.
    if name and "fetch".startswith(name):
        return Fetch(words)
    if name and "extract".startswith(name):
        return _extract(arguments)
    raise SecretCommandFailed("of `kamal secrets` only `fetch` and `extract` give a value")


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:
        raise SecretCommandFailed("the command has a quote that is never closed") from None


def _subcommand(words: Sequence[str]) -> tuple[str, Sequence[str]]:
    """The first word that is no option and what follows it."""
    try:
        _, rest = getopt(words, _SHORT_OPTIONS, _OPTIONS)
    except GetoptError:
        return "", ()
    return (rest[0], rest[1:]) if rest else ("", ())


def _extract(arguments: Sequence[str]) -> Extract:
    try:
        _, (name, fetched) = gnu_getopt(arguments, _SHORT_OPTIONS, _OPTIONS)
    except (GetoptError, ValueError):
        what = "`kamal secrets extract` takes a name and what `kamal secrets fetch` gave, and nothing else"
        why = "no shell reads such a line, so there can be no pipe and no redirection in it"
        raise SecretCommandFailed(f"{what}: {why}") from None
    return Extract(name, fetched)


def _as_shell_word(text: str) -> str:
    """One word of a shell, with backslashes as Ruby's `shellescape` has them."""
    if not text:
        return "''"
    return _SPECIAL.sub(r"\\\g<0>", text).replace("\n", "'\n'")
