"""Who runs the tool."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Performer:
    """Who runs the tool: `name` goes into the lock, `email` (or the login name) into audit lines."""

    name: str
    email: str
