"""Shell quoting: Kamal's own for what ends up in containers, and plain quoting for our scripts.

Kamal escapes values with Ruby's `String#dump`. That is not how a shell reads double quotes: a newline
arrives as `\\n` and `#{` as `\\#{`. Both are kept, because a container must see the same text whichever of
the two tools started it.
"""

import re
from collections.abc import Iterable, Mapping

from backstaff.config.models import OptionValue

_RUNS = re.compile(r"[\x00-\x7f]+|[^\x00-\x7f]+")
_DOLLAR_WITHOUT_BRACES = re.compile(r"\$(?!\{[^}]*\})")
_INTERPOLATION = re.compile(r"#(?=[{$@])")
_SAFE_WORD = re.compile(r"[A-Za-z0-9_@%+=:,./-]+")
_NAMED_ESCAPES = {
    '"': '\\"',
    "\\": "\\\\",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\f": "\\f",
    "\v": "\\v",
    "\b": "\\b",
    "\a": "\\a",
    "\x1b": "\\e",
}


def ascii_runs(text: str) -> list[str]:
    """`text` cut where it changes between ASCII and anything else."""
    return _RUNS.findall(text)


def ruby_dump(text: str) -> str:
    """Ruby's `String#dump` of an ASCII text, double quotes included."""
    return '"' + _INTERPOLATION.sub(r"\\#", "".join(map(_dumped, text))) + '"'


def _dumped(character: str) -> str:
    named = _NAMED_ESCAPES.get(character)
    if named is not None:
        return named
    return character if " " <= character <= "~" else f"\\x{ord(character):02X}"


def esc(value: str) -> str:
    """A value as Kamal passes it to a shell: in double quotes, with `${…}` left for that shell to expand.

    A text with other than ASCII characters becomes several pieces side by side: `"abc"é"def"`.
    """
    return "".join(_escaped(run) if run.isascii() else run for run in ascii_runs(value))


def _escaped(run: str) -> str:
    return _DOLLAR_WITHOUT_BRACES.sub(r"\\$", ruby_dump(run).replace("`", "\\`"))


def argumentize(flag: str, values: Mapping[str, str] | Iterable[str]) -> list[str]:
    """`flag` before each of `values`: pairs as `key="value"`, list items as they are.

    A pair with a blank value becomes the bare key, which for `--env` means: from the shell's environment.
    """
    if isinstance(values, Mapping):
        items = [f"{word(key)}={esc(value)}" if value.strip() else word(key) for key, value in values.items()]
    else:
        items = list(values)
    return [word for item in items for word in (flag, item)]


def optionize(options: Mapping[str, OptionValue], *, separator: str = " ") -> list[str]:
    """`--key "value"` for each option; true is the bare flag, a tuple repeats it."""
    flags = [(key, item) for key, value in options.items() for item in _items(value)]
    return [f"--{key}" if item is True else f"--{key}{separator}{_option_text(item)}" for key, item in flags]


def _items(value: OptionValue) -> tuple[bool | str, ...]:
    return value if isinstance(value, tuple) else (value,)


def _option_text(value: bool | str) -> str:
    return esc("false" if value is False else str(value))


def single_quote(text: str) -> str:
    """`text` in single quotes, so that a shell takes every character of it literally."""
    return "'" + text.replace("'", "'\\''") + "'"


def word(text: str) -> str:
    """`text` as one literal word of a shell, quoted only where it must be."""
    return text if _SAFE_WORD.fullmatch(text) else single_quote(text)
