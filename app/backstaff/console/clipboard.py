"""Copying out of the console: to the terminal's clipboard, also through tmux and GNU screen, or to a file.

The terminal does the copying (OSC 52), so it works over SSH. A terminal never says whether it did. Inside of
tmux the text also becomes tmux's newest buffer, by its own command: since 3.3 tmux lets sequences through
only if told to (`allow-passthrough`), while its `load-buffer -w` reaches the clipboard by default.
"""

import asyncio
import base64
import os
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from secrets import token_hex

from backstaff.events.journal import journal_directory
from backstaff.explain.words import counted

LONGEST_TEXT = 74_994
"""Bytes of text. In base64 and with its frame this makes a sequence of 100,000 bytes, the longest that xterm
and hterm take. tmux takes up to 1 MiB and passes on what its own terminal takes, so the same limit holds."""

SCREEN_CHUNK = 254
"""GNU screen passes on strings of up to 256 bytes in its older versions, 768 in later ones."""

KEPT_FILES = 5
TMUX_WITHIN_S = 2.0


class Multiplexer(StrEnum):
    """What sits between us and the terminal."""

    NONE = ""
    TMUX = "tmux"
    SCREEN = "screen"


@dataclass(frozen=True)
class Copied:
    """The text was handed to the terminal."""

    characters: int

    def __str__(self) -> str:
        return f"copied {counted(self.characters, 'character')}"


@dataclass(frozen=True)
class Written:
    """The text was too long for a clipboard and is in a file, which only its owner can read."""

    path: Path

    def __str__(self) -> str:
        return f"too long for the clipboard, so written to {self.path}"


def multiplexer(environ: Mapping[str, str]) -> Multiplexer:
    """What we run in. Inside of both, TERM tells which one is the inner one: screen's is `screen…`."""
    term = environ.get("TERM", "")
    if environ.get("STY") and (not environ.get("TMUX") or term.startswith("screen.")):
        return Multiplexer.SCREEN
    if environ.get("TMUX") or term.startswith("tmux"):
        return Multiplexer.TMUX
    return Multiplexer.SCREEN if term.startswith("screen") else Multiplexer.NONE


def sequence(text: str, through: Multiplexer) -> str | None:
    """What makes the terminal copy `text`; None where that would be too long for it."""
    data = text.encode("utf-8", errors="replace")
    if len(data) > LONGEST_TEXT:
        return None
    plain = f"\x1b]52;c;{base64.b64encode(data).decode('ascii')}\x07"
    match through:
        case Multiplexer.NONE:
            return plain
        case Multiplexer.TMUX:
            doubled = plain.replace("\x1b", "\x1b\x1b")
            return f"\x1bPtmux;{doubled}\x1b\\"
        case Multiplexer.SCREEN:
            starts = range(0, len(plain), SCREEN_CHUNK)
            return "".join(f"\x1bP{plain[start : start + SCREEN_CHUNK]}\x1b\\" for start in starts)


def copies_directory() -> Path:
    """Where texts go that are too long for a clipboard."""
    return journal_directory().parent / "copies"


async def copy(
    text: str, write: Callable[[str], None], environ: Mapping[str, str], directory: Path
) -> Copied | Written:
    """Copy `text` by what is written to the terminal with `write`, else into a file in `directory`.

    Raises `OSError` if the file can not be written.
    """
    through = multiplexer(environ)
    sent = sequence(text, through)
    if sent is None:
        return Written(await asyncio.to_thread(_write_file, text, directory))
    write(sent)
    if through is Multiplexer.TMUX and environ.get("TMUX"):
        await _load_buffer(text, environ)
    return Copied(len(text))


async def _load_buffer(text: str, environ: Mapping[str, str]) -> None:
    """Make the text tmux's newest buffer. A tmux before 3.2 does not know `-w`, then the sequence alone has
    to do; neither is an error, as nobody can tell what the terminal made of it."""
    try:
        process = await asyncio.create_subprocess_exec(
            "tmux", "load-buffer", "-w", "-", stdin=PIPE, stdout=DEVNULL, stderr=DEVNULL, env=dict(environ)
        )
    except OSError:
        return
    try:
        async with asyncio.timeout(TMUX_WITHIN_S):
            await process.communicate(text.encode("utf-8", errors="replace"))
    except TimeoutError:
        return
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def _write_file(text: str, directory: Path) -> Path:
    """Write a file of mode 0600; of the earlier ones only the newest stay."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    for old in sorted(directory.glob("copied-*.txt"))[: -(KEPT_FILES - 1)]:
        old.unlink(missing_ok=True)
    path = directory / f"copied-{datetime.now().astimezone():%Y%m%d-%H%M%S}-{token_hex(2)}.txt"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace") as stream:
        stream.write(text)
    return path
