"""Bars of characters: how far something has come, or how much of its time is used up."""

from textual.content import Content

FULL, EMPTY = "━", "─"
FULL_ASCII, EMPTY_ASCII = "=", "-"
"""What they become where only ASCII can be shown."""


def bar(fraction: float, width: int, style: str) -> Content:
    """A bar of `width` cells, `fraction` of it full. Something begun is never shown as nothing, and nothing
    that is not done as all of it."""
    if width <= 0:
        return Content("")
    fraction = min(1.0, max(0.0, fraction))
    cells = round(fraction * width)
    if 0.0 < fraction < 1.0 and width > 1:
        cells = min(width - 1, max(1, cells))
    return Content.assemble((FULL * cells, style), (EMPTY * (width - cells), "$text-disabled"))
