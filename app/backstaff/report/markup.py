"""Markup made from text: whatever the text is, it stays text.

Everything comes out as ASCII, so that the page reads the same whatever encoding its file is taken for.
"""

import html
import re
from dataclasses import dataclass

from backstaff.events.inert import inert

LONGEST_TEXT = 4_000
"""Of a longer text the rest is counted: what a run says must not decide how big the page is."""
_NO_CHARACTERS = re.compile(
    "[\ufdd0-\ufdef"
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000))
    + "]"
)
"""Numbers that no document may have a character for."""
_VOID = frozenset({"meta", "input", "rect", "line", "path"})


@dataclass(frozen=True, slots=True)
class Html:
    """Markup that was made here. Everything else is text and is escaped where it meets markup."""

    source: str


Child = Html | str


def text(content: str) -> Html:
    """Text as it is shown: inert, on one line, and nothing in it means anything to a browser."""
    shown = _NO_CHARACTERS.sub("\ufffd", shortened(inert(content), LONGEST_TEXT))
    return Html(html.escape(shown).encode("ascii", "xmlcharrefreplace").decode())


def shortened(content: str, most: int) -> str:
    """At most so many characters of a text, and how many there are more."""
    if len(content) <= most:
        return content
    return f"{content[:most]} … {len(content) - most} characters more"


def element(name: str, /, *children: Child, **attributes: str | bool) -> Html:
    """An element. Attributes are named as in HTML with `_` for `-`, one at the end of a Python word goes;
    those that are False or empty are left out, those that are True have no value."""
    written = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _VOID and not children:
        return Html(f"<{name}{written}>" if name in {"meta", "input"} else f"<{name}{written}/>")
    return Html(f"<{name}{written}>{joined(*children).source}</{name}>")


def joined(*children: Child) -> Html:
    """Markup and texts, one after the other."""
    return Html(
        "".join(child.source if isinstance(child, Html) else text(child).source for child in children)
    )


NOTHING = Html("")


def _attribute(key: str, value: str | bool) -> str:
    if value is False or value == "":
        return ""
    name = key.removesuffix("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{text(value).source}"'
