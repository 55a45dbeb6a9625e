"""How a state looks on the page: its glyph, its word and a class for its colour, never the colour alone."""

from backstaff.console.states import Look, State, Tone, look_of
from backstaff.report.markup import Html, element

UNKNOWN_END = Look("?", "?", "interrupted", Tone.WAITING)
"""The end of a run that never told it."""


def tone_class(tone: Tone) -> str:
    """The class that colours something: `tone-ok`."""
    return f"tone-{tone.name.lower()}"


def state(of: State | Look) -> Html:
    """A state: `✓ healthy`."""
    look = of if isinstance(of, Look) else look_of(of)
    glyph = element("span", look.glyph, class_="glyph", aria_hidden="true")
    return element("span", glyph, look.word, class_=f"state {tone_class(look.tone)}")
