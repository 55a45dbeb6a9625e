"""What a program on this machine prints, told line by line within its budget."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from backstaff.clock import Clock
from backstaff.engine.output_budget import LOCAL, OutputBudget

Tell = Callable[[str, str], None]
"""Takes a stream's name and one line."""


@contextmanager
def within_budget(clock: Clock, tell: Tell) -> Iterator[Tell]:
    """Gives what to hand every line to. `tell` gets those that are recorded, and how many were left out
    where they are missing, at the latest when the body ends."""
    budget = OutputBudget(clock, LOCAL)

    def tell_gap(stream: str) -> None:
        if gap := budget.gap():
            tell(stream, gap)

    def take(stream: str, text: str) -> None:
        if budget.admits(text):
            tell_gap(stream)
            tell(stream, text)

    try:
        yield take
    finally:
        tell_gap("stdout")
