"""Scripts that do several steps on a host in one round trip, and the marked lines they answer with.

They are POSIX shell, so that BusyBox runs them too. A script is one function: the shell has read all of it
before it runs the first line, so a connection lost on the way can not leave half of it executed, and no
command in it can swallow the rest of it as input.
"""

import base64
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass

from backstaff.kamal.quoting import single_quote, word

MARK = "@backstaff"

_BASE64_COLUMNS = 76


@dataclass(frozen=True)
class Marked:
    """One marked line of a script's output: a keyword and the text after it."""

    keyword: str
    text: str


def script(lines: Iterable[str]) -> str:
    """A whole script of these lines, which may use `exit`."""
    body = "\n".join(lines)
    return f"backstaff() {{\n{body}\n}}\nbackstaff </dev/null\n"


def say(keyword: str, text: str = "") -> str:
    """A command that answers with a marked line."""
    return f"printf '%s\\n' {single_quote(f'{MARK} {keyword} {text}'.rstrip())}"


def say_value(keyword: str, expression: str) -> str:
    """A command that answers with a marked line whose text the host's shell works out."""
    return f"printf '%s\\n' \"{MARK} {keyword} {expression}\""


def marked_lines(stdout: str) -> list[Marked]:
    """The marked lines of a script's output; whatever else the host printed is passed over."""
    found = (line.split(" ", 2) for line in stdout.splitlines() if line.startswith(f"{MARK} "))
    return [Marked(parts[1], parts[2] if len(parts) > 2 else "") for parts in found]


def step(title: str) -> str:
    """A command that tells which step begins, so that a failure can be put to it."""
    return say("step", title)


def last_step(stdout: str) -> str:
    """The step at which a script's output ends; empty if it never got to one."""
    return next((line.text for line in reversed(marked_lines(stdout)) if line.keyword == "step"), "")


def write_file(path: str, content: bytes, mode: int) -> str:
    """A command that puts `content` into a file at once: readers see the old file or all of the new one.

    The file never exists with wider permissions than `mode`, nor its content in a process list.
    """
    fresh = word(f"{path}.backstaff-new")
    encoded = textwrap.fill(base64.b64encode(content).decode(), _BASE64_COLUMNS)
    return (
        f"(umask 077 && rm -f {fresh} && base64 -d > {fresh} && chmod {mode:04o} {fresh} && "
        f"mv -f {fresh} {word(path)}) <<'CONTENT' || exit 1\n{encoded}\nCONTENT"
    )


def make_directory(path: str) -> str:
    """A command that makes a directory and those above it, or ends the script."""
    return f"mkdir -p {word(path)} || exit 1"
