"""Labels with text beside them: facts, consequences, keys. Laid out for a width, wrapped and never cut."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from backstaff.events.inert import inert

GAP = 2
NARROWEST_TEXT = 26
"""With less room than this beside the labels the text goes below them."""


@dataclass(frozen=True)
class Fact:
    """A label and what there is to say; both are made inert when drawn.

    `style` is the text's; `strong` labels are more than a caption."""

    label: str
    text: str
    style: str = ""
    strong: bool = False

    @property
    def heading(self) -> Content:
        """The label as it is drawn."""
        return Content.styled(inert(self.label), "bold" if self.strong else "$text-muted")

    @property
    def content(self) -> Content:
        """The text as it is drawn."""
        return Content.styled(inert(self.text), self.style)


def laid_out(facts: Sequence[Fact], width: int) -> list[Content]:
    """The lines of all facts, none wider than `width` cells."""
    longest = max((fact.heading.cell_length for fact in facts), default=0)
    indent = longest + GAP
    if width - indent < NARROWEST_TEXT:
        return [line for fact in facts for line in _below(fact, width)]
    return [line for fact in facts for line in _beside(fact, indent, width)]


def _beside(fact: Fact, indent: int, width: int) -> Iterable[Content]:
    lines = fact.content.wrap(width - indent)
    yield fact.heading.pad_right(indent - fact.heading.cell_length) + lines[0]
    for line in lines[1:]:
        yield line.pad_left(indent)


def _below(fact: Fact, width: int) -> Iterable[Content]:
    yield from fact.heading.wrap(width)
    for line in fact.content.wrap(width - GAP):
        yield line.pad_left(GAP)


class Facts(Widget):
    """Shows facts below each other, as high as they need."""

    DEFAULT_CSS = """
    Facts {
        width: 1fr;
        height: auto;
    }
    """

    def __init__(self, facts: Iterable[Fact]) -> None:
        super().__init__()
        self._facts = tuple(facts)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002
        """As many lines as the facts take at this width."""
        return len(laid_out(self._facts, width))

    def render(self) -> Content:
        """All lines."""
        return Content("\n").join(laid_out(self._facts, self.content_size.width))
