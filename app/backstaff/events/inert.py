r"""Making outside text inert: what a container, a hook or a server wrote must never drive a terminal.

Of the characters that nobody sees those go which reorder a line or only hide something in it: all controls of
direction, and the format characters that Unicode lets a program ignore, its tags (of which the flags of
England, Scotland and Wales are made, which become black flags) and the soft hyphen among them. Those stay
without which text is spelled wrong: the joiners (Persian, Indic scripts, emoji), the selectors of variants
(emoji, Japanese names, Mongolian), and the fillers of Hangul.
"""

import re
from collections.abc import Iterable

from backstaff.half_characters import HALVES

_LINE_BREAKS = r"\n\r\x0b\x0c\x85\u2028\u2029"
_BREAKS = rf"\t{_LINE_BREAKS}"
_ESCAPES = re.compile(
    rf"""
    [\x1b\x90\x98\x9b\x9d-\x9f](?:                              # what any begins with, found fast
      (?:(?<=\x9b)|(?<=\x1b)\[)[0-?]*[ -/]*[@-~]                 # CSI: colours, cursor, modes
      | (?:(?<=[\x90\x98\x9d-\x9f])|(?<=\x1b)[\]PX^_])           # OSC, DCS, SOS, PM, APC: up to their
        [^\x07\x1b\x90\x98\x9b-\x9f{_BREAKS}]*(?:\x07|\x1b\\|\x9c)  #   end, if it comes before any break
      | (?<=\x1b)[ -/]+[0-~]                                     # character sets and the like
      | (?<=\x1b)[0-Z\\^-~]                                      # two-character escapes
    )
    """,
    re.VERBOSE,
)
IGNORABLE = (
    "\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff0-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff\U000e01f0-\U000e0fff"
)
"""What is invisible, or reorders the line, and is dropped; as it stands in a class of an expression."""
_CONTROLS = "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"
"""C0 and C1, escape itself included."""
_SPELLING = (
    "\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u200c\u200d\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0100-\U000e01ef"
)
"""What is invisible as well and stays."""
_HIDDEN = re.compile(f"[{_CONTROLS}{IGNORABLE}{HALVES}]")
_UNSEEN = re.compile(f"[{_CONTROLS}{IGNORABLE}{HALVES}{_SPELLING}]")
_SPELLED = re.compile(f"[{_SPELLING}]")
BREAKS = re.compile(f"[{_BREAKS}]")
"""What is shown as a space."""
LINE_BREAKS = re.compile(f"[{_LINE_BREAKS}]")
"""Those after which a line begins anew."""
_COLOURS = re.compile(r"\x1b\[[0-9:;]*[mK]")
"""By far the most sequences: colours, and the rest of a line erased in one."""
AS_OF_COLOURS = re.compile(r"(?:^|\[)[0-9:;]*(?:[mK]|$)")
"""What a text has in it of which a part could be seen in colours without their escape characters."""


def inert(text: str) -> str:
    """`text` as one line that a terminal can only print.

    Escape sequences, control characters and invisible reorderings go; line breaks, carriage returns and tabs
    become one space each. A sequence without an end loses its control characters but no text. The parts of
    a text between its breaks come out as each does by itself.
    """
    if text.isascii() and text.isprintable():
        return text
    text = _ESCAPES.sub("", text.rstrip("\r\n"))
    return _HIDDEN.sub("", BREAKS.sub(" ", text))


def inert_lines(text: str) -> list[str]:
    """The lines of `text`, each inert; empty ones are left out."""
    return [line for line in map(inert, text.split("\n")) if line]


def is_as_seen(text: str) -> bool:
    """Whether every character of `text` can be seen, and none of them is a break."""
    return text.isprintable() and (text.isascii() or not _SPELLED.search(text))


def readings(text: str) -> Iterable[str]:
    """What somebody may read in `text`, each only once: what a terminal shows, and what is seen where escape
    sequences mean nothing. Breaks stay; nothing invisible does, not even for the sake of spelling."""
    shown = _ESCAPES.sub("", text)
    yield (first := _UNSEEN.sub("", shown))
    if shown != text and (second := _UNSEEN.sub("", text)) != first:
        yield second


def without_colours(text: str) -> str | None:
    """`text` without its colours, if nothing else in it is invisible but tabs, and breaks at its end.

    That is what `readings` tells first, and told sooner."""
    plain = _COLOURS.sub("", text) if "\x1b" in text else text
    return plain if is_as_seen(plain) or is_as_seen(plain.rstrip("\r\n").replace("\t", " ")) else None
