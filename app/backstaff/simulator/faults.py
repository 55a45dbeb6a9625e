"""What can be made to go wrong at a certain operation."""

from collections.abc import Awaitable, Callable
from enum import StrEnum

Action = Callable[[], Awaitable[None] | None]


class Operation(StrEnum):
    """The steps of a deploy, as a host sees them."""

    SCRIPT = "script"
    PULL = "pull"
    CREATE = "create"
    START = "start"
    STOP = "stop"
    RENAME = "rename"
    REMOVE = "remove"
    TAG = "tag"
    PRUNE = "prune"
    PROXY_DEPLOY = "proxy deploy"
    PROXY_LIST = "proxy list"


class Plans:
    """Actions that wait for an operation."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Operation, int, Action]] = []

    def at(self, operation: Operation, action: Action, *, times: int = 1) -> None:
        """Do `action` when the operation begins for the `times`-th time from now on."""
        self._waiting.append((operation, times, action))

    async def reached(self, operation: Operation) -> None:
        """The operation begins."""
        due = [action for wanted, times, action in self._waiting if wanted is operation and times == 1]
        self._waiting = [
            (wanted, times - (wanted is operation), action)
            for wanted, times, action in self._waiting
            if not (wanted is operation and times == 1)
        ]
        for action in due:
            result = action()
            if result is not None:
                await result
