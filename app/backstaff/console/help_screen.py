"""The keys of the screen it is opened on, made from the bindings themselves, rebound ones included."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.geometry import Size
from textual.screen import Screen
from textual.widget import Widget

from backstaff.console.active_keys import ActiveKey, KeyPlace, key_places
from backstaff.console.dialogs.framed import Framed
from backstaff.console.keymap import keymap_file

_GAP = 2
_WIDEST_KEYS = 16


def help_lines(places: Sequence[KeyPlace], width: int) -> list[Content]:
    """All keys, place by place, at most `width` cells wide. The id under which a key can be rebound stands
    at the right where it fits, else on a line of its own."""
    keys = [_keys(key).cell_length for place in places for key in place.keys]
    indent = min(max(keys, default=0), _WIDEST_KEYS) + _GAP
    lines: list[Content] = []
    for place in places:
        if lines:
            lines.append(Content(""))
        title = Content.styled(place.title, "bold $primary")
        lines.append(title + Content.styled("  has the focus", "$text-muted") if place.focused else title)
        for key in place.keys:
            lines.extend(_key_lines(key, indent, width))
    return lines


def _keys(key: ActiveKey) -> Content:
    return Content(" ").join(Content.styled(each, "bold $footer-key-foreground") for each in key.keys)


def _key_lines(key: ActiveKey, indent: int, width: int) -> Iterator[Content]:
    keys, name = _keys(key), Content.styled(key.binding, "$text-muted")
    first = keys.pad_right(indent - keys.cell_length) if keys.cell_length + _GAP <= indent else None
    if first is None:
        yield keys
        first = Content(" " * indent)
    style = "" if key.enabled else "$text-muted"
    for line in Content.styled(key.description, style).wrap(width - indent):
        gap = width - first.cell_length - line.cell_length - name.cell_length
        if name and gap >= _GAP:
            yield first + line.pad_right(gap) + name
            name = Content("")
        else:
            yield first + line
        first = Content(" " * indent)
    if name:
        yield name.pad_left(max(0, min(indent, width - name.cell_length)))


def _short(path: Path) -> str:
    home = Path.home()
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)


class KeyList(Widget):
    """Draws the keys, as high as they need."""

    DEFAULT_CSS = """
    KeyList {
        width: 1fr;
        height: auto;
        padding-right: 1;
    }
    """

    def __init__(self, places: Sequence[KeyPlace]) -> None:
        super().__init__()
        self._places = places

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002
        """As many lines as the keys take at this width."""
        return len(help_lines(self._places, width))

    def render(self) -> Content:
        """All lines."""
        return Content("\n").join(help_lines(self._places, self.content_size.width))


class HelpScreen(Framed[None]):
    """Shows what every key does on the screen below."""

    AUTO_FOCUS = "VerticalScroll"
    BINDING_GROUP_TITLE = "help"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,q,enter", "close", "Close", show=False),
        Binding("j", "scroll(1)", "Down", show=False),
        Binding("k", "scroll(-1)", "Up", show=False),
        Binding("space", "page(1)", "Page down", show=False),
        Binding("g", "edge(0)", "To the top", show=False),
        Binding("G", "edge(1)", "To the end", show=False),
    ]

    DEFAULT_CSS = """
    HelpScreen {
        .frame {
            width: 84;
            max-width: 100%;
            scrollbar-size-vertical: 1;
        }
        &.-tall .frame {
            max-height: 90%;
        }
    }
    """

    def __init__(self, screen: Screen[object]) -> None:
        super().__init__()
        self._places = key_places(screen)

    def compose(self) -> ComposeResult:
        """The keys in a frame that says how they are rebound."""
        with VerticalScroll(classes="frame") as frame:
            frame.border_title = Content("Keys")
            frame.border_subtitle = Content(f"rebind in {_short(keymap_file())}")
            yield KeyList(self._places)

    def action_close(self) -> None:
        """Back to the screen below."""
        self.dismiss()

    def action_scroll(self, lines: int) -> None:
        """Line by line."""
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)

    def action_page(self, pages: int) -> None:
        """By what is in sight."""
        frame = self.query_one(VerticalScroll)
        frame.scroll_relative(y=pages * frame.size.height, animate=False)

    def action_edge(self, end: int) -> None:
        """To the first or last line."""
        frame = self.query_one(VerticalScroll)
        frame.scroll_to(y=frame.max_scroll_y if end else 0, animate=False)
