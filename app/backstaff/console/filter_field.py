"""The field in which the hosts to be shown are typed."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import Input


class FilterField(Input):
    """Filters while it is typed in; its keys say what becomes of the filter then."""

    BINDING_GROUP_TITLE = "filter"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Keep filter"),
        Binding("escape", "screen.back", "All hosts"),
    ]

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id, placeholder="host, role, state or version", compact=True)
