"""What stands before a line's text: when it was written, by whom, and what else its kind of lines tells."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Generic, Protocol, TypeVar

from backstaff.console.line_store import Entry, Origin
from backstaff.console.line_text import cells, fitted, shown_text

Piece = tuple[str, str]
"""Text, and what it is: the last part of the name of a component class of `LineView`, empty for plain."""

HOST_LOOKS = 4
_ROOMY = 100
"""From so many cells on there is room for long names and for milliseconds."""

E = TypeVar("E", bound=Entry)
E_contra = TypeVar("E_contra", bound=Entry, contravariant=True)


class LineLook(Protocol[E_contra]):
    """How one kind of lines is shown and copied."""

    @property
    def width(self) -> int:
        """The cells that `columns` takes, the same for every line."""
        ...

    @property
    def nothing(self) -> str:
        """What is said where there are no lines yet."""
        ...

    @property
    def heads_copied(self) -> bool:
        """Whether what stands before a text is copied along with it when several lines are."""
        ...

    def label(self, origin: Origin) -> str:
        """What stands beside the host: the role, or what it is that speaks."""
        ...

    def columns(self, entry: E_contra) -> Sequence[Piece]:
        """What stands between label and text."""
        ...

    def tone(self, entry: E_contra) -> str:
        """What the text itself is, as in a `Piece`."""
        ...

    def copied(self, entry: E_contra) -> str:
        """What is copied of a line."""
        ...


@dataclass(frozen=True)
class Head(Generic[E]):
    """The columns before the text, aligned. A column of no width is left out."""

    look: LineLook[E]
    time: int = 0
    host: int = 0
    label: int = 0
    host_looks: Mapping[str, int] = field(default_factory=dict)
    zone: tzinfo | None = None

    @property
    def width(self) -> int:
        """Cells up to the text."""
        return sum(each + 1 for each in (self.time, self.host, self.label) if each) + self.look.width

    def pieces(self, entry: E) -> list[Piece]:
        """What stands before the text of a line; `width` cells in all."""
        pieces: list[Piece] = []
        if self.time:
            pieces.append((f"{self._time(entry)} ", "time"))
        if self.host:
            number = self.host_looks.get(entry.host, 0) % HOST_LOOKS
            pieces.append((f"{fitted(shown_text(entry.host), self.host)} ", f"host-{number}"))
        if self.label:
            origin = Origin(entry.host, entry.role, entry.source, entry.name)
            pieces.append((f"{fitted(shown_text(self.look.label(origin)), self.label)} ", "label"))
        return [*pieces, *self.look.columns(entry)]

    def _time(self, entry: E) -> str:
        precise = self.time > len("12:34:56")
        if entry.at is None:
            return f"{entry.at_t:+.3f} s"[: self.time].rjust(self.time)
        at = entry.at.astimezone(self.zone)
        return f"{at:%H:%M:%S}.{at.microsecond // 1000:03}" if precise else f"{at:%H:%M:%S}"


def head_for(
    look: LineLook[E], origins: Iterable[Origin], width: int, *, times: bool, zone: tzinfo | None = None
) -> Head[E]:
    """The columns for lines of these origins on `width` cells. A host or role that is the same for all
    lines is not said."""
    roomy = width >= _ROOMY
    hosts: dict[str, int] = {}
    labels: dict[str, None] = {}
    for origin in origins:
        hosts.setdefault(origin.host, len(hosts))
        labels.setdefault(look.label(origin))
    return Head(
        look=look,
        time=(12 if roomy else 8) if times else 0,
        host=_column(hosts, 24 if roomy else max(6, width // 6)),
        label=_column(labels, 16 if roomy else max(5, width // 8)),
        host_looks=hosts,
        zone=zone,
    )


def _column(names: Iterable[str], most: int) -> int:
    sizes = [cells(shown_text(name)) for name in names]
    return min(most, max(sizes)) if len(sizes) > 1 else 0
