"""The panel that says why."""

from textual.app import App, ComposeResult
from textual.content import Content

from backstaff.console.text_lines import hanging
from backstaff.console.why_panel import WhyPanel

COMMAND = "backstaff deploy --skip-push --version v42 --destination production --hosts h1,h2,h3,h4"


def a_page(width: int) -> list[Content]:
    return hanging("retry  ", COMMAND, width, "")


class Stand(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.copied: list[str] = []

    def compose(self) -> ComposeResult:
        yield WhyPanel()

    def on_why_panel_copy_requested(self, message: WhyPanel.CopyRequested) -> None:
        self.copied.append(message.text)


async def test_a_command_is_copied_in_one_piece_however_narrow_the_panel() -> None:
    app = Stand()
    async with app.run_test(size=(40, 10)) as pilot:
        panel = app.query_one(WhyPanel)
        panel.show(a_page)
        panel.focus()
        await pilot.press("y")
        await pilot.pause()
    assert app.copied == [f"retry  {COMMAND}"]
