"""`--grep` and `--grep-options`: what is looked for in the app's output, in the words of grep."""

import getopt
import re
import shlex
from collections.abc import Callable, Collection, Sequence

import click

from backstaff.engine.wanted_lines import ALL, Wanted

_FLAGS = {
    "--ignore-case": "-i",
    "--invert-match": "-v",
    "--word-regexp": "-w",
    "--line-regexp": "-x",
    "--fixed-strings": "-F",
    "--extended-regexp": "-E",
    "--perl-regexp": "-P",
}
_NUMBERS = {"--after-context": "-A", "--before-context": "-B", "--context": "-C", "--max-count": "-m"}
_SHORT = _FLAGS | _NUMBERS
_SUPPORTED = "-i, -v, -w, -x, -F, -E, -P, and with a number -A, -B, -C, -m"
_CONTEXT = re.compile(r"-(\d+)", re.ASCII)
_FLAGS_FIRST = re.compile(r"(?:\(\?[aimsux]+\))+")
_NUMBER = re.compile(r"\d{1,9}", re.ASCII)


def wanted_lines(pattern: str | None, options: str | None) -> Wanted:
    """The lines that match a pattern, picked as grep's `options` say; without a pattern all of them.

    A pattern is a regular expression of Python's, whatever `-E` and `-P` say. Raises click's error for what
    can not be done."""
    if not pattern:
        if options:
            raise _wrong("says how --grep is to match, and there is no --grep")
        return ALL
    given = _read(options or "")
    around = given.get("-C", 0)
    return Wanted(
        _matcher(pattern, given),
        before=given.get("-B", around),
        after=given.get("-A", around),
        most=given.get("-m"),
    )


def _read(options: str) -> dict[str, int]:
    """The options by their short names, with their numbers; those without one have 0."""
    flags = "".join(short[1] for short in _FLAGS.values())
    numbers = "".join(f"{short[1]}:" for short in _NUMBERS.values())
    long = [*(name[2:] for name in _FLAGS), *(f"{name[2:]}=" for name in _NUMBERS)]
    try:
        found, rest = getopt.gnu_getopt(_words(options), flags + numbers, long)
    except getopt.GetoptError as error:
        raise _wrong(f"{error.msg}; there are {_SUPPORTED}") from error
    if rest:
        raise _wrong(f"`{rest[0]}` is no option; the pattern is that of --grep")
    return {_SHORT.get(name, name): _number(name, value) for name, value in found}


def _words(options: str) -> Sequence[str]:
    """The options as a shell takes them apart, `-5` written as `-C5`."""
    try:
        words = shlex.split(options)
    except ValueError as error:
        raise _wrong(f"is not closed: {error}") from error
    return [_CONTEXT.sub(r"-C\1", word) if _CONTEXT.fullmatch(word) else word for word in words]


def _number(name: str, value: str) -> int:
    short = _SHORT.get(name, name)
    if short not in _NUMBERS.values():
        return 0
    if not _NUMBER.fullmatch(value):
        raise _wrong(f"{name} needs a number, not `{value}`")
    if short == "-m" and int(value) == 0:
        raise _wrong(f"{name} 0 would show nothing")
    return int(value)


def _matcher(pattern: str, options: Collection[str]) -> Callable[[str], bool]:
    flags, expression = ("", re.escape(pattern)) if "-F" in options else _flags_first(pattern)
    if "-x" in options:
        expression = rf"\A(?:{expression})\Z"
    elif "-w" in options:
        expression = rf"(?<!\w)(?:{expression})(?!\w)"
    try:
        found = re.compile(flags + expression, re.IGNORECASE if "-i" in options else re.NOFLAG)
    except re.error as error:
        raise click.BadParameter(f"not a regular expression: {error}", param_hint="--grep") from error
    inverted = "-v" in options
    return lambda text: (found.search(text) is None) is inverted


def _flags_first(pattern: str) -> tuple[str, str]:
    """Flags such as `(?i)` at the beginning of a pattern, where alone they may stand, and the rest."""
    flags = _FLAGS_FIRST.match(pattern)
    return (flags[0], pattern[flags.end() :]) if flags else ("", pattern)


def _wrong(what: str) -> click.BadParameter:
    return click.BadParameter(what, param_hint="--grep-options")
