"""A ProxyCommand as OpenSSH runs it: tokens replaced, started by a shell, its complaints kept apart."""

import re
from pathlib import Path

_TOKEN = re.compile(r"%(.)")


def expand(command: str, *, host: str, port: int, user: str) -> str:
    """`command` with `%h`, `%p`, `%r` and `%%` replaced; other tokens stay."""
    values = {"h": host, "p": str(port), "r": user, "%": "%"}
    return _TOKEN.sub(lambda match: values.get(match[1], match[0]), command)


def shell_argv(command: str, complaints: Path) -> list[str]:
    """An argument list that runs `command` with its standard error going to a file.

    Otherwise what it prints there would be mixed into the SSH protocol, and nobody would see it. The shell
    stays, to hold the pipe that standard error was: asyncssh takes its end for the end of the connection.
    """
    return ["sh", "-c", f'exec 3>&2 2>"$0"; {command}\nexit $?', str(complaints)]
