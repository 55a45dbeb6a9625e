"""The keys of a view of lines, and what patterns it takes."""

from enum import StrEnum

from textual.binding import Binding


class PatternKind(StrEnum):
    """What a pattern is for. The value is its key, and stands before it wherever it is shown."""

    SEARCH = "/"
    INCLUDE = "&"
    EXCLUDE = "!"


LINE_BINDINGS = [
    # With priority: keys that come right behind these are for the pattern then, not for the lines.
    Binding(
        "/",
        "pattern('SEARCH')",
        "Search",
        id="log.search",
        tooltip="Find a regular expression",
        priority=True,
    ),
    Binding("n", "match(1)", "Next match", id="log.next", show=False),
    Binding("N", "match(-1)", "Match before", id="log.previous", show=False),
    Binding(
        "&", "pattern('INCLUDE')", "Only", id="log.include", tooltip="Only lines that match", priority=True
    ),
    Binding(
        "!", "pattern('EXCLUDE')", "Without", id="log.exclude", tooltip="No lines that match", priority=True
    ),
    Binding("p,space", "pause", "Pause", id="log.pause", tooltip="Stand still, or go on"),
    Binding("G,end", "end", "End", id="log.end", tooltip="To the end, and follow"),
    Binding("y", "copy", "Copy", id="log.copy", tooltip="The selection, else the line"),
    Binding("w", "wrap", "Wrap", id="log.wrap", tooltip="Wrap long lines, or do not"),
    Binding("t", "times", "Times", id="log.times", tooltip="Show when, or do not"),
    Binding("v", "select", "Select", id="log.select", show=False, tooltip="Select lines from here"),
    Binding("shift+up,K", "extend(-1)", "Select up", id="log.select_up", show=False),
    Binding("shift+down,J", "extend(1)", "Select down", id="log.select_down", show=False),
    Binding("up,k", "move(-1)", "Up", id="log.up", show=False),
    Binding("down,j", "move(1)", "Down", id="log.down", show=False),
    Binding("left,h", "sideways(-1)", "Left", id="log.left", show=False),
    Binding("right,l", "sideways(1)", "Right", id="log.right", show=False),
    Binding("g,home", "top", "Top", id="log.top", show=False),
    Binding("pageup", "page(-1.0)", "Page up", id="log.page_up", show=False),
    Binding("pagedown", "page(1.0)", "Page down", id="log.page_down", show=False),
    Binding("ctrl+u", "page(-0.5)", "Half a page up", id="log.half_page_up", show=False),
    Binding("ctrl+d", "page(0.5)", "Half a page down", id="log.half_page_down", show=False),
    Binding("escape", "clear", "Clear", id="log.clear", show=False, tooltip="Selection, search, filters"),
]
