"""The README's pictures are what the console draws today."""

from pathlib import Path

import pytest

from tests.console.screenshots import DIRECTORY, PICTURES, Picture, draw

README = Path(__file__).parents[2] / "README.md"


@pytest.mark.usefixtures("the_same_everywhere")
@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
async def test_a_picture_is_what_the_console_draws(picture: Picture) -> None:
    """If not: `python -m tests.console.screenshots`, and look at it."""
    assert await draw(picture) == (DIRECTORY / f"{picture.name}.svg").read_text()


def test_there_are_no_other_pictures_and_the_readme_shows_the_main_ones() -> None:
    assert {file.stem for file in DIRECTORY.glob("*.svg")} == {picture.name for picture in PICTURES}
    shown = README.read_text()
    for name in ("barrier", "stuck-filter", "failure"):
        assert f"screenshots/{name}.svg" in shown
