"""What goes wrong on a host, and when."""

from dataclasses import dataclass
from enum import Enum, auto
from math import inf

from backstaff.clock import Seconds


class Kind(Enum):
    """How a request goes wrong. `LOSE` cuts the connection before it is served, `LOSE_AFTER` once it was.
    `DELAY` serves it late. `FAIL_AFTER` serves it and says that it failed, `HANG_AFTER` serves it and never
    answers. `END_DOCKER` kills the Docker daemon before the request is served, and
    `RESTART_DOCKER` also starts it again a moment later; containers go on until then."""

    FAIL = auto()
    HANG = auto()
    LOSE = auto()
    LOSE_AFTER = auto()
    DELAY = auto()
    FAIL_AFTER = auto()
    HANG_AFTER = auto()
    END_DOCKER = auto()
    RESTART_DOCKER = auto()


@dataclass(frozen=True)
class Fault:
    """The `nth` request called `operation` (`*`: any) goes wrong, and the next ones, `times` in all.

    Operations are the methods of the `Docker` protocol, `deploy`, `list` and `remove` for what is asked of
    the proxy, and `lock status`, `lock acquire`, `lock takeover`, `lock release`, `prepare`, `create`,
    `audit`, `tidy` and `alive` for scripts. `text` and `status` are what a failed request says,
    `delay_s` how much later a delayed one is served.
    """

    operation: str
    kind: Kind = Kind.FAIL
    nth: int = 1
    times: float = inf
    text: str = "it went wrong"
    status: int = 500
    delay_s: Seconds = 1.0

    def hits(self, operation: str, count: int) -> bool:
        """Whether the `count`th request, counted for this fault's operation, is hit."""
        return self.operation in ("*", operation) and self.nth <= count < self.nth + self.times


class Connecting(Enum):
    """What happens to an attempt to connect."""

    WORKS = auto()
    REFUSED = auto()
    SILENT = auto()
    NO_LOGIN = auto()
    NO_DOCKER = auto()
