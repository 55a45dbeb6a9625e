"""The one redactor: every event passes through it where it is made."""

from collections.abc import Iterable, Mapping
from enum import Enum
from functools import cached_property
from types import NoneType
from typing import Literal, TypeVar, get_origin

from backstaff.errors import BackstaffError
from backstaff.events.bounded import bounded
from backstaff.events.facts import Fact
from backstaff.events.inert import AS_OF_COLOURS, LINE_BREAKS, is_as_seen, readings, without_colours
from backstaff.events.needles import Needles, Span
from backstaff.events.secret_forms import forms_of
from backstaff.events.types import Body

FactT = TypeVar("FactT", bound=Fact)

MASK = "[REDACTED]"
_SHORTEST_BROKEN = 12
"""Of a shorter one the halves on two lines may well be words that belong there."""
_PLAIN = (Enum, int, float, NoneType)
"""What holds no text of anybody else's."""


def _literal_fields(model: type[Fact]) -> frozenset[str]:
    """Fields with a closed set of words of our own (`kind`, `source` …): never secret, never masked."""
    return frozenset(
        name for name, field in model.model_fields.items() if get_origin(field.annotation) is Literal
    )


class Redactor:
    """Replaces secret values in text. Values under four characters are too common to be replaced safely.

    A secret is also found where something is in it that nobody sees: escape sequences, control characters,
    characters without a width. Such a text is kept as it is read, without all of those: a mask between the
    halves of a sequence would make something else of it. Line breaks may be in a long secret too; columns
    are kept apart by tabs, so those may not.

    States and kinds are this project's own words and stay, even where a secret happens to equal one.
    Lone surrogates (file names and arguments that are not UTF-8) become `?`: no sink could write them.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._forms = {form for secret in secrets for form in forms_of(secret)}
        self._needles = Needles(self._forms)
        self._as_of_colours = Needles(filter(AS_OF_COLOURS.search, self._forms))
        self._fixed: dict[type[Fact], frozenset[str]] = {}

    def text(self, text: str) -> str:
        """`text` with every secret masked."""
        if not text.isascii():
            text = text.encode("utf-8", "replace").decode()
        if is_as_seen(text):
            return self._masked(text)
        for reading in self._readings(text):
            masked = self._masked(reading, may_break=True)
            if masked != reading:
                return masked
        return text

    def _readings(self, text: str) -> Iterable[str]:
        """What may be read in `text`. Only for a secret that looks like one are colours read as text."""
        plain = without_colours(text)
        if plain is None:
            return readings(text)
        if not self._as_of_colours:
            return (plain,)
        beneath = text.replace("\x1b", "")
        return (plain, beneath) if self._as_of_colours.spans(beneath) else (plain,)

    def error(self, error: BackstaffError) -> None:
        """Mask all that an error tells. What is told of it later is made of parts of it, each on a line of
        its own: a secret with a break in it could not be told any more."""
        error.what, error.where, error.fix = map(self.text, (error.what, error.where, error.fix))
        error.evidence = tuple(map(self.text, error.evidence))

    def _masked(self, text: str, *, may_break: bool = False) -> str:
        """`text`, of which all can be seen, with every secret masked; breaks count only where some may be."""
        if not self._needles:
            return text
        spans = self._needles.spans(text)
        if may_break:
            spans += self._across_breaks(text)
        return _with_masks(text, spans) if spans else text

    @cached_property
    def _unbroken(self) -> Needles:
        """The secrets as they are without any line breaks."""
        unbroken = (LINE_BREAKS.sub("", form) for form in self._forms)
        return Needles(form for form in unbroken if len(form) >= _SHORTEST_BROKEN)

    def _across_breaks(self, text: str) -> list[Span]:
        whole = LINE_BREAKS.sub("", text)
        # Most breaks end a text, where they join nothing.
        spans = self._unbroken.spans(whole) if whole != text.rstrip("\r\n") else []
        if not spans:
            return []
        places = [place for place, character in enumerate(text) if not LINE_BREAKS.match(character)]
        return [(places[start], places[end - 1] + 1) for start, end in spans]

    def body(self, body: Body) -> Body:
        """The same event with every secret in any of its texts masked, and very long texts cut."""
        return self._fact(body)

    def _fact(self, fact: FactT) -> FactT:
        kind = type(fact)
        fixed = self._fixed.get(kind)
        if fixed is None:
            fixed = self._fixed.setdefault(kind, _literal_fields(kind))
        changed: dict[str, object] = {}
        for name, value in vars(fact).items():
            clean = value if name in fixed else self._walk(value)
            if clean is not value and clean != value:
                changed[name] = clean
        return fact.model_copy(update=changed) if changed else fact

    def _walk(self, value: object) -> object:
        if isinstance(value, _PLAIN):
            return value
        if isinstance(value, str):
            if not value:
                return value
            # Masked before it is cut: of a secret that the cut goes through, the first half would stay.
            return bounded(self.text(value))
        if isinstance(value, Fact):
            return self._fact(value)
        if isinstance(value, tuple):
            return tuple(self._walk(item) for item in value)
        if isinstance(value, Mapping):
            return {self._walk(key): self._walk(item) for key, item in value.items()}
        return value


def _with_masks(text: str, spans: list[Span]) -> str:
    """`text` with a mask for each span; those that overlap have one together."""
    parts: list[str] = []
    shown = masked = 0
    for start, end in sorted(spans):
        if start >= masked:
            parts += [text[shown:start], MASK]
        shown = masked = max(masked, end)
    return "".join(parts) + text[shown:]
