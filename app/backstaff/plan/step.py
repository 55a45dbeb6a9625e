"""One change that a run makes, as it is told."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """One change: what it is for, and its command line. `role` is empty where it concerns the whole host."""

    title: str
    line: str
    role: str = ""
