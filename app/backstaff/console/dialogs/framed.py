"""What lies above another screen: a frame in its middle, with a title and a hint in its border."""

from typing import TypeVar

from textual.screen import ModalScreen

T = TypeVar("T")


class Framed(ModalScreen[T]):
    """A screen above another one. What it shows stands in a widget with the class `frame`."""

    VERTICAL_BREAKPOINTS = [(0, "-short"), (20, "-tall")]  # noqa: RUF012 - typed by the base class
    DEFAULT_CSS = """
    Framed {
        align: center middle;
        .frame {
            height: auto;
            max-height: 100%;
            background: $surface;
            color: $foreground;
            border: round $border;
            border-title-color: $primary;
            border-title-style: bold;
            border-subtitle-color: $text-muted;
            padding: 0 1;
        }
        &.-tall .frame {
            padding: 1 3;
        }
        &.-ascii .frame {
            border: ascii $border;
        }
        &:ansi .frame {
            background: ansi_default;
        }
    }
    """

    def on_mount(self) -> None:
        """Borders as this terminal can draw them."""
        self.set_class(self.app.has_class("-ascii"), "-ascii")
