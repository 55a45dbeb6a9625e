"""A small app to try the console's parts in: two widgets with keys, a footer, and a note of what was done."""

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar

import pytest
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.dom import DOMNode
from textual.screen import Screen
from textual.widgets import Static

from backstaff.console.commands import Offer
from backstaff.console.footer import KeysFooter
from backstaff.console.foundation import Foundation

SIZES = [(120, 40), (80, 24), (60, 15)]


class Hosts(Static, can_focus=True):
    BINDING_GROUP_TITLE = "hosts"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "do('look')", "look", id="hosts.look"),
        Binding("j,down", "do('down')", "next host", id="hosts.down", show=False),
        Binding("y", "do('copy')", "copy the container's name", id="hosts.copy"),
        Binding("r", "do('retry')", "retry what has failed", id="hosts.retry"),
    ]

    def action_do(self, what: str) -> None:
        stand_of(self).done.append(what)


class Lines(Static, can_focus=True):
    BINDING_GROUP_TITLE = "lines"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("w", "do('wrap')", "wrap long lines", id="lines.wrap"),
    ]

    def action_do(self, what: str) -> None:
        stand_of(self).done.append(what)


class Stand(Foundation[None]):
    KEY_PLACES: ClassVar[Sequence[type[DOMNode]]] = (Hosts, Lines)
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "do('cancel')", "cancel", id="app.cancel"),
        Binding("z", "do('zoom')", "zoom", id="app.zoom"),
    ]

    def __init__(
        self, environ: Mapping[str, str] | None = None, *, offered: Iterable[Offer] = (), text: str = ""
    ) -> None:
        super().__init__(environ)
        self.done: list[str] = []
        self._offered = tuple(offered)
        self._text = text

    def compose(self) -> ComposeResult:
        yield Hosts(self._text or "h1  healthy\nh2  failed", markup=False)
        yield Lines("12:04:31 listening", markup=False)
        yield KeysFooter()

    def offers(self) -> Iterable[Offer]:
        yield from self._offered
        yield from super().offers()

    def action_do(self, what: str) -> None:
        self.done.append(what)

    @property
    def told(self) -> list[str]:
        """What the operator was told in passing."""
        return [each.message for each in self._notifications]


def stand_of(node: DOMNode) -> Stand:
    app = node.app
    assert isinstance(app, Stand)
    return app


def lines_of(screen: Screen[object]) -> list[str]:
    """What can be read on a screen and on those below it that show through."""
    strips = screen._compositor.render_strips()
    return ["".join(segment.text for segment in strip) for strip in strips]


def written(app: Stand) -> str:
    """What the whole screen is to a terminal, escape sequences included."""
    update = app.screen._compositor.render_full_update()
    return update.render_segments(app.console)


def collect_writes(app: Stand, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """From now on keep what is written to the terminal past the screen."""
    kept: list[str] = []
    monkeypatch.setattr(app._driver, "write", kept.append)
    return kept
