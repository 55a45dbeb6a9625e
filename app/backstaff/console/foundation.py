"""What the console stands on: themes, NO_COLOR, the operator's own keys, copying, help and palette."""

import asyncio
import os
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import ClassVar, TypeVar

from textual.app import App
from textual.binding import Binding, BindingType
from textual.dom import DOMNode
from textual.filter import ANSIToTruecolor, LineFilter, Monochrome, NoColor

from backstaff.console.clipboard import Written, copies_directory, copy
from backstaff.console.commands import ConsoleCommands, Offer
from backstaff.console.help_screen import HelpScreen
from backstaff.console.keymap import keymap_file, load_keymap, place_of
from backstaff.console.line_filters import AttributesOnly, MutedIsDim
from backstaff.console.settings import Settings, load_settings, save_settings, settings_file
from backstaff.console.states import ascii_only
from backstaff.console.themes import COLOURLESS, DEFAULT, NONE, THEMES

THEME_VARIABLE = "BACKSTAFF_THEME"
NOTICE_S = 15.0

_SIGNS = {"⏎": "enter", "⌫": "backspace"}
_ARROWS = {"↑": "up", "↓": "down", "←": "left", "→": "right"}

ResultT = TypeVar("ResultT")


class Foundation(App[ResultT]):
    """An app with everything that does not concern what it shows.

    Subclasses name in `KEY_PLACES` the classes of widgets and screens whose keys can be rebound, in
    `OTHER_KEYS` the bindings of other apps, which the same file may rebind, and in `OWN_KEYS` keys that
    widgets have otherwise elsewhere; they may add to `offers`. The app has the class `-ascii` where borders
    and glyphs have to be ASCII."""

    KEY_PLACES: ClassVar[Sequence[type[DOMNode]]] = ()
    OTHER_KEYS: ClassVar[frozenset[str]] = frozenset()
    OWN_KEYS: ClassVar[Mapping[str, str]] = {}
    COMMANDS = {ConsoleCommands}  # noqa: RUF012 - typed by the base class
    BINDING_GROUP_TITLE = "everywhere"
    CSS = """
    CommandPalette {
        & > Vertical { margin-top: 0; width: 84; max-width: 100%; background: $surface; }
        SearchIcon { display: none; }
        #--input { border: none; border-top: solid $border; }
        #--input CommandInput { margin-left: 1; }
        CommandList { border-bottom: solid $border; }
        .command-palette--help-text { color: $text-muted; text-style: not bold; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark", "help", "keys", id="app.help", tooltip="Show what every key does"),
    ]

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self.environ = dict(os.environ if environ is None else environ)
        """The environment that decides about colours, glyphs and copying."""
        self.ascii_only = ascii_only(self.environ)
        """Whether glyphs and borders have to be ASCII."""
        self.no_color = bool(self.environ.get("NO_COLOR"))
        self.set_class(self.ascii_only, "-ascii")
        for theme in (*THEMES, NONE):
            self.register_theme(theme)
        self._attributes_only: LineFilter = AttributesOnly()
        self._muted_is_dim: LineFilter = MutedIsDim()
        self._notices: list[str] = []
        # Before the style sheet is read: a theme that is set later means to read it again.
        self.set_reactive(App.theme, self._first_theme())
        self.stylesheet.set_variables(self.get_css_variables())

    def on_mount(self) -> None:
        """Take the operator's keys, and tell what was wrong with them."""
        places = [place_of(each) for each in (type(self), *self.KEY_PLACES)]
        keymap = load_keymap(keymap_file(), places, self.OTHER_KEYS)
        self.set_keymap({**self.OWN_KEYS, **keymap.keys})
        for notice in (*self._notices, keymap.notice):
            if notice:
                self.notify(notice, severity="warning", timeout=NOTICE_S, markup=False)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """What is done to the colours of each line. Textual's own monochrome is grey, which is a colour."""
        if self.no_color:
            return [self._attributes_only]
        foreign = (Monochrome, NoColor, ANSIToTruecolor) if self.native_ansi_color else (Monochrome, NoColor)
        usual = [each for each in super().get_line_filters() if not isinstance(each, foreign)]
        return [*usual, self._muted_is_dim] if self.native_ansi_color else usual

    def get_key_display(self, binding: Binding) -> str:
        """How a key is written: by its name where its sign is hard to read or can not be drawn."""
        shown = super().get_key_display(binding)
        for sign, name in (_SIGNS | _ARROWS if self.ascii_only else _SIGNS).items():
            shown = shown.replace(sign, name)
        return shown

    def offers(self) -> Iterable[Offer]:
        """Commands of the palette beside those of the keys: the themes."""
        if self.no_color:
            return
        for theme in THEMES:
            if theme.name != self.theme:
                yield Offer(
                    f"theme: {theme.name}", "used from now on", partial(self.choose_theme, theme.name)
                )

    async def choose_theme(self, name: str) -> None:
        """Change the theme and remember it."""
        self.theme = name
        try:
            await asyncio.to_thread(save_settings, settings_file(), Settings(theme=name))
        except OSError as error:
            text = f"the theme is not remembered: {settings_file()}: {error.strerror}"
            self.notify(text, severity="warning", markup=False)

    def copy_to_clipboard(self, text: str) -> None:
        """Copy, by the terminal or into a file, and tell the operator which. Whatever copies in the console
        ends up here, Textual's own widgets included."""
        self._clipboard = text
        if text:
            self.run_worker(self._copy(text), group="copy", exit_on_error=False)

    async def _copy(self, text: str) -> None:
        driver = self._driver
        if driver is None:
            return
        try:
            done = await copy(text, driver.write, self.environ, copies_directory())
        except OSError as error:
            self.notify(
                f"nothing was copied: {copies_directory()}: {error.strerror}",
                severity="error",
                markup=False,
            )
            return
        self.notify(str(done), timeout=NOTICE_S if isinstance(done, Written) else None, markup=False)

    def action_help(self) -> None:
        """Show what every key does on this screen."""
        self.push_screen(HelpScreen(self.screen))

    def _first_theme(self) -> str:
        """The environment's wish, else what was chosen before, else the default."""
        if self.no_color:
            return COLOURLESS
        wanted = self.environ.get(THEME_VARIABLE, "")
        if wanted and self.get_theme(wanted) is None:
            known = ", ".join(theme.name for theme in THEMES)
            self._notices.append(f"{THEME_VARIABLE}: there is no theme {wanted}; there are {known}")
            wanted = ""
        chosen = wanted or load_settings(settings_file()).theme
        return chosen if chosen and self.get_theme(chosen) is not None else DEFAULT
