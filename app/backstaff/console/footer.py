"""The line of keys at the bottom: those of what has the focus first, and the help always at its right end."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from textual.content import Content
from textual.events import Click
from textual.screen import Screen
from textual.widget import Widget

from backstaff.console.active_keys import ActiveKey, active_keys

HELP_ACTIONS = {"help", "app.help"}
_GAP = 2


@dataclass(frozen=True)
class Placed:
    """A key of the footer and the cells it takes, from `start` up to, not including, `end`."""

    key: ActiveKey
    start: int
    end: int


def placed(keys: Sequence[ActiveKey], width: int) -> tuple[Placed, ...]:
    """The keys that fit, each as a whole: the help at the right end, the others from the left. What does not
    fit is left out, and what fits in its stead is taken."""
    helps = [key for key in keys if key.action in HELP_ACTIONS][:1]
    end = width - 1
    last = [Placed(key, end - _cells(key), end) for key in helps if _cells(key) < end]
    limit = last[0].start - _GAP if last else end
    at, found = 1, []
    for key in keys:
        if key.action not in HELP_ACTIONS and at + _cells(key) <= limit:
            found.append(Placed(key, at, at + _cells(key)))
            at = found[-1].end + _GAP
    return (*found, *last)


def _cells(key: ActiveKey) -> int:
    return Content(f"{key.keys[0]} {key.description}").cell_length


def drawn(keys: Iterable[Placed], width: int) -> Content:
    """The footer as a line."""
    line = Content("")
    for each in keys:
        line = line.pad_right(each.start - line.cell_length)
        line += Content.assemble(
            (each.key.keys[0], "bold $footer-key-foreground"),
            (f" {each.key.description}", "$footer-description-foreground"),
        )
    return line.pad_right(max(0, width - line.cell_length))


class KeysFooter(Widget):
    """Shows the keys that work now. A click on one does what the key does."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    KeysFooter {
        dock: bottom;
        height: 1;
        background: $footer-background;
        color: $footer-foreground;
        pointer: pointer;
    }
    """

    def __init__(self, first: Sequence[str] = ()) -> None:
        """`first` are the ids of bindings that come before all others."""
        super().__init__()
        self._first = {binding: place for place, binding in enumerate(first)}
        self._keys: tuple[ActiveKey, ...] = ()

    def on_mount(self) -> None:
        """Follow the focus."""
        self.screen.bindings_updated_signal.subscribe(self, self._changed)
        self._changed(self.screen)

    def _changed(self, screen: Screen[object]) -> None:
        if screen is not self.screen:
            return
        shown = (key for key in active_keys(screen) if key.show and key.enabled)
        keys = tuple(sorted(shown, key=lambda key: self._first.get(key.binding, len(self._first))))
        if keys != self._keys:
            self._keys = keys
            self.refresh()

    def render(self) -> Content:
        """The keys that fit this width."""
        width = self.size.width
        return drawn(placed(self._keys, width), width)

    async def on_click(self, event: Click) -> None:
        """Do what the key under the pointer does."""
        for each in placed(self._keys, self.size.width):
            if each.start <= event.x < each.end:
                event.stop()
                await self.app.run_action(each.key.action, each.key.node)
                return
