"""What happens inside values of secrets files: escapes, `$(commands)` and `$variables`, in dotenv's order."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from backstaff.config.secrets.dotenv import Quote

_VARIABLE = re.compile(r"(\\)?(\$)(?!\()\{?([A-Z0-9_]+)?\}?", re.IGNORECASE | re.ASCII)
_ESCAPED = re.compile(r"\\([^$])")


@dataclass(frozen=True)
class Surroundings:
    """What a value may refer to, and who is told about references that lead nowhere.

    `known` are the variables; `run` gives a command's output; `on_unknown` hears the name of each variable
    that does not exist and therefore becomes nothing; `on_unclosed` hears of a `$(` without its `)`.
    `legacy_breaks` is dotenv's old mode, in which `\\n` in double quotes is a line break.
    """

    known: Mapping[str, str]
    run: Callable[[str], Awaitable[str]]
    on_unknown: Callable[[str], None]
    on_unclosed: Callable[[], None]
    legacy_breaks: bool = False


async def expand(text: str, quote: Quote, surroundings: Surroundings) -> str:
    """The value that a quoted or bare text stands for."""
    if quote is Quote.SINGLE:
        return text
    if quote is Quote.DOUBLE:
        text = _double_quoted_breaks(text, legacy=surroundings.legacy_breaks)
    text = _ESCAPED.sub(r"\1", text)
    text = await _run_commands(text, surroundings)
    return expand_variables(text, surroundings)


def _double_quoted_breaks(text: str, *, legacy: bool) -> str:
    if legacy:
        return text.replace("\\n", "\n").replace("\\r", "\r")
    return text.replace("\\n", "\\\\n").replace("\\r", "\\\\r")


def expand_variables(text: str, surroundings: Surroundings) -> str:
    """Replaces `$NAME` and `${NAME}`; a backslash keeps the dollar."""

    def value(match: re.Match[str]) -> str:
        if match[1]:
            return match[0][1:]
        if match[3] is None:
            return match[0]
        if match[3] not in surroundings.known:
            surroundings.on_unknown(match[3])
        return surroundings.known.get(match[3], "")

    return _VARIABLE.sub(value, text)


async def _run_commands(text: str, surroundings: Surroundings) -> str:
    pieces: list[str] = []
    offset = 0
    ends = command_ends(text)
    while (start := text.find("$(", offset)) >= 0:
        end = ends.get(start + 1)
        if end is None:
            surroundings.on_unclosed()
            pieces.append(text[offset : start + 2])
            offset = start + 2
        elif start > offset and text[start - 1] == "\\":
            pieces += [text[offset : start - 1], text[start:end]]
            offset = end
        else:
            command = expand_variables(text[start + 2 : end - 1], surroundings)
            pieces += [text[offset:start], await surroundings.run(command)]
            offset = end
    return "".join([*pieces, text[offset:]])


def command_ends(text: str) -> dict[int, int]:
    """Offsets behind the parenthesis that closes the one at each key; without those that nothing closes or
    that have nothing in them. Takes as long as the text is, however many there are."""
    ends: dict[int, int] = {}
    unclosed: list[int] = []
    offset = 0
    while offset < len(text):
        char = text[offset]
        if char == "\\":
            offset += 2
            continue
        if char == "(":
            unclosed.append(offset)
        elif char == ")" and unclosed:
            opening = unclosed.pop()
            if offset > opening + 1:
                ends[opening] = offset + 1
        offset += 1
    return ends
