"""The console's themes. Names of colours mean the same in all of them.

Text is `$foreground` or, when it matters less, `$text-muted`; states are `$success`, `$accent` (working),
`$warning` (waiting), `$error` and `$secondary` (unknown); `$primary` is for frames and what has the focus.
Each of them can be read on `$background`, `$surface` and `$panel`. `backstaff-ansi` leaves all colours to the
terminal, `backstaff-none` is for NO_COLOR: its colours are replaced by attributes before they are written.
"""

from textual.theme import Theme

DEFAULT = "backstaff-dark"
COLOURLESS = "backstaff-none"
MUTED = "ansi_bright_black"
"""Stands for dim text: palettes exist in which this colour is the background's, so it is never written."""


def _theme(
    name: str,
    *,
    dark: bool,
    foreground: str,
    muted: str,
    background: str,
    surface: str,
    panel: str,
    frame: str,
    states: tuple[str, str, str, str, str],
    rule: str,
) -> Theme:
    """A theme of exact colours; `states` are ok, working, waiting, failed and unknown."""
    ok, working, waiting, failed, unknown = states
    return Theme(
        name=name,
        dark=dark,
        primary=frame,
        secondary=unknown,
        accent=working,
        warning=waiting,
        error=failed,
        success=ok,
        foreground=foreground,
        background=background,
        surface=surface,
        panel=panel,
        variables={
            "text": foreground,
            "text-muted": muted,
            "text-disabled": muted,
            "foreground-muted": muted,
            "foreground-disabled": muted,
            "text-primary": frame,
            "text-secondary": unknown,
            "text-accent": working,
            "text-warning": waiting,
            "text-error": failed,
            "text-success": ok,
            "border": frame,
            "border-blurred": rule,
            "block-cursor-background": frame,
            "block-cursor-foreground": background,
            "block-cursor-blurred-background": panel,
            "block-cursor-blurred-foreground": foreground,
            "button-color-foreground": background,
            "footer-background": background,
            "footer-foreground": foreground,
            "footer-description-foreground": muted,
            "footer-key-foreground": frame,
            "input-cursor-background": foreground,
            "input-cursor-foreground": background,
            "scrollbar": rule,
            "scrollbar-hover": muted,
            "scrollbar-active": frame,
            "scrollbar-background": surface,
            "scrollbar-background-hover": surface,
            "scrollbar-background-active": surface,
            "scrollbar-corner-color": surface,
        },
    )


def _terminal_theme(name: str, **variables: str) -> Theme:
    """A theme of the terminal's own sixteen colours, on whatever its background is."""
    return Theme(
        name=name,
        ansi=True,
        primary="ansi_bright_blue",
        secondary="ansi_magenta",
        accent="ansi_cyan",
        warning="ansi_yellow",
        error="ansi_red",
        success="ansi_green",
        foreground="ansi_default",
        background="ansi_default",
        surface="ansi_default",
        panel="ansi_default",
        boost="ansi_default",
        variables={
            "text-muted": MUTED,
            "text-disabled": MUTED,
            "foreground-muted": MUTED,
            "foreground-disabled": MUTED,
            "ansi-background": "ansi_default",
            "ansi-foreground": "ansi_default",
            "border": "ansi_bright_blue",
            "border-blurred": MUTED,
            "block-cursor-background": "ansi_blue",
            "block-cursor-foreground": "ansi_bright_white",
            "block-cursor-blurred-background": "ansi_default",
            "block-cursor-blurred-foreground": "ansi_default",
            "block-cursor-blurred-text-style": "bold",
            "footer-key-foreground": "ansi_bright_blue",
            "footer-description-foreground": MUTED,
            "input-cursor-text-style": "reverse",
            "input-selection-background": "ansi_cyan",
            "input-selection-foreground": "ansi_black",
            "screen-selection-background": "ansi_cyan",
            "screen-selection-foreground": "ansi_black",
            "scrollbar": "ansi_blue",
            "scrollbar-hover": "ansi_blue",
            "scrollbar-background": "ansi_default",
            "scrollbar-background-hover": "ansi_default",
            "scrollbar-background-active": "ansi_default",
            **variables,
        },
    )


DARK = _theme(
    DEFAULT,
    dark=True,
    foreground="#d9e0e8",
    muted="#93a1b1",
    background="#11161c",
    surface="#171e26",
    panel="#222c37",
    frame="#6cb0f2",
    states=("#6fcf8e", "#5ccfe0", "#e8b64c", "#ff8a80", "#c3a6ff"),
    rule="#3d4b5a",
)
LIGHT = _theme(
    "backstaff-light",
    dark=False,
    foreground="#1b232c",
    muted="#535f6c",
    background="#fcfcfa",
    surface="#f4f5f2",
    panel="#e6e9e6",
    frame="#0b57a4",
    states=("#17652f", "#00626f", "#7d4e00", "#b3201a", "#66399c"),
    rule="#b9c1c6",
)
ANSI = _terminal_theme("backstaff-ansi")
CONTRAST = _theme(
    "backstaff-contrast",
    dark=True,
    foreground="#ffffff",
    muted="#d4d4d4",
    background="#000000",
    surface="#000000",
    panel="#1c1c1c",
    frame="#7fc4ff",
    states=("#5cff95", "#6ae8ff", "#ffd84a", "#ff9c94", "#dcbcff"),
    rule="#8c8c8c",
)
NONE = _terminal_theme(COLOURLESS)

THEMES = (DARK, LIGHT, ANSI, CONTRAST)
"""What an operator chooses from."""
