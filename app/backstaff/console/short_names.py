"""Names of hosts and roles for columns that are narrower than they are."""

from collections.abc import Iterable
from itertools import takewhile

from backstaff.console.line_text import cells, cut, window

ELLIPSIS = "…"


def common_domain(names: Iterable[str]) -> str:
    """The end that all names share, such as `.prod.example.com`: whole labels, and never the first one of a
    name. Empty where they share none, and for IPv4 addresses, which do not end in what they share."""
    domains = [name.split(".")[:0:-1] for name in names]
    if not domains:
        return ""
    columns = zip(*domains, strict=False)
    shared = [labels[0] for labels in takewhile(lambda labels: len(set(labels)) == 1, columns)]
    if not shared or shared[0].isdigit():
        return ""
    return "." + ".".join(reversed(shared))


def shortened(name: str, width: int) -> str:
    """`name` in at most `width` cells. What is too much is taken from the middle, as names often differ at
    their ends only."""
    if cells(name) <= width:
        return name
    if width < 3:
        return cut(name, width)
    head = width // 2
    start = _tail(name, width - 1 - head)
    return name[: window(name, 0, head).end] + ELLIPSIS + name[start:]


def _tail(text: str, width: int) -> int:
    """Where the longest end of a text begins that takes at most `width` cells."""
    start = len(text)
    while start and cells(text[start - 1 :]) <= width:
        start -= 1
    return start
