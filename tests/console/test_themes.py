import re

import pytest
from textual.color import Color
from textual.theme import Theme

from backstaff.console.foundation import Foundation
from backstaff.console.settings import Settings, load_settings, settings_file
from backstaff.console.states import Tone
from backstaff.console.themes import ANSI, CONTRAST, DARK, DEFAULT, LIGHT, NONE, THEMES
from tests.console.stand import Stand, written

EXACT = [DARK, LIGHT, CONTRAST]
NEEDED = {CONTRAST.name: 7.0}
"""Enhanced contrast (WCAG AAA) where it is promised, the minimum (AA) elsewhere."""
INKS = ["foreground", "text", "text-muted", "primary", "footer-key-foreground", *(tone[1:] for tone in Tone)]
PAPERS = ["background", "surface", "panel"]
PAIRS = [
    *((ink, paper) for ink in sorted(set(INKS)) for paper in PAPERS),
    ("block-cursor-foreground", "block-cursor-background"),
    ("block-cursor-foreground", "error"),
    ("footer-description-foreground", "footer-background"),
    ("input-cursor-foreground", "input-cursor-background"),
]


def resolved(theme: Theme) -> dict[str, str]:
    return {**theme.to_color_system().generate(), **theme.variables}


def luminance(color: Color) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in color.normalized]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(ink: str, paper: str) -> float:
    """By WCAG 2's formula."""
    darker, lighter = sorted([luminance(Color.parse(ink)), luminance(Color.parse(paper))])
    return (lighter + 0.05) / (darker + 0.05)


def test_the_formula_agrees_with_known_values() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", EXACT, ids=lambda theme: theme.name)
@pytest.mark.parametrize(("ink", "paper"), PAIRS)
def test_text_can_be_read(theme: Theme, ink: str, paper: str) -> None:
    colours = resolved(theme)
    assert contrast(colours[ink], colours[paper]) >= NEEDED.get(theme.name, 4.5)


@pytest.mark.parametrize("theme", EXACT, ids=lambda theme: theme.name)
def test_every_tone_has_a_colour_of_its_own(theme: Theme) -> None:
    colours = resolved(theme)
    assert len({colours[tone[1:]] for tone in Tone}) == len(Tone)


@pytest.mark.parametrize("theme", [ANSI, NONE], ids=lambda theme: theme.name)
def test_the_terminals_own_colours_are_all_there_is_in_its_theme(theme: Theme) -> None:
    for name in (*INKS, *PAPERS):
        value = resolved(theme)[name]
        assert value == "transparent" or Color.parse(value).ansi is not None, name


async def test_the_first_theme_is_the_default() -> None:
    assert Foundation[None]({}).theme == DEFAULT


async def test_the_environment_chooses_a_theme() -> None:
    app = Stand({"BACKSTAFF_THEME": "backstaff-light"})
    async with app.run_test():
        assert app.theme == "backstaff-light"
        assert app.screen.styles.background.hex6 == LIGHT.to_color_system().generate()["background"].upper()


async def test_an_unknown_theme_is_told_and_does_no_harm() -> None:
    app = Stand({"BACKSTAFF_THEME": "[red]mauve"})
    async with app.run_test() as pilot:
        await pilot.pause()
        assert app.theme == DEFAULT
        assert "there is no theme [red]mauve" in app.told[0]
        assert all(theme.name in app.told[0] for theme in THEMES)


async def test_a_chosen_theme_is_there_the_next_time_unless_the_environment_wishes_another() -> None:
    first = Stand({})
    async with first.run_test():
        await first.choose_theme("backstaff-contrast")
        assert first.theme == "backstaff-contrast"
    assert load_settings(settings_file()) == Settings("backstaff-contrast")
    assert Stand({}).theme == "backstaff-contrast"
    assert Stand({"BACKSTAFF_THEME": "backstaff-light"}).theme == "backstaff-light"


async def test_a_theme_that_can_not_be_remembered_is_used_all_the_same() -> None:
    settings_file().parent.parent.mkdir(parents=True, exist_ok=True)
    settings_file().parent.write_text("in the way of the directory")
    app = Stand({})
    async with app.run_test() as pilot:
        await app.choose_theme("backstaff-light")
        await pilot.pause()
        assert app.theme == "backstaff-light"
        assert "the theme is not remembered" in app.told[0]


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
async def test_each_theme_can_be_changed_to_while_the_app_runs(theme: Theme) -> None:
    app = Stand({})
    async with app.run_test() as pilot:
        await app.choose_theme(theme.name)
        await pilot.pause()
        own = re.search(r"\x1b\[[\d;]*[34]8;2;", written(app))
        assert (own is None) is theme.ansi
