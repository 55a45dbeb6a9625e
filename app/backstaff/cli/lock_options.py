"""The options about waiting for somebody else's deploy lock."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, TypeVar

import click

from backstaff.cli.amounts import FiniteRange
from backstaff.config.models import Config
from backstaff.config.models.numbers import LONGEST_S

if TYPE_CHECKING:
    from backstaff.engine.lock_choice import LockPatience

R = TypeVar("R")

_OPTIONS = (
    click.option(
        "--lock-wait-interval",
        type=FiniteRange(min=0.1, max=LONGEST_S),
        default=15,
        show_default=True,
        metavar="SECONDS",
        help="How often to look whether the lock is free.",
    ),
    click.option(
        "--lock-wait-timeout",
        type=FiniteRange(min=0.1, max=LONGEST_S),
        metavar="SECONDS",
        help="How long to wait for the lock (default: x-backstaff.timeouts.lock, else 900).",
    ),
    click.option("--lock-wait", is_flag=True, help="Wait while another deploy holds the lock."),
)


@dataclass(frozen=True)
class LockOptions:
    """Whether to wait for the lock, and how long; `timeout_s` None leaves that to the configuration."""

    wait: bool = False
    timeout_s: float | None = None
    interval_s: float = 15

    def patience(self, config: Config) -> "LockPatience":
        """The options as the engine takes them."""
        # The engine is there once a run begins, which nothing has to wait for that only reads options.
        from backstaff.engine.lock_choice import LockPatience

        limit_s = config.backstaff.timeouts.lock if self.timeout_s is None else self.timeout_s
        return LockPatience(wait_s=limit_s if self.wait else 0, interval_s=self.interval_s)


def lock_options(command: Callable[..., R]) -> Callable[..., R]:
    """Adds the options to a command and hands them over as one value, the argument `lock`."""

    @wraps(command)
    def with_lock(
        *args: object,
        lock_wait: bool,
        lock_wait_timeout: float | None,
        lock_wait_interval: float,
        **kwargs: object,
    ) -> R:
        return command(*args, lock=LockOptions(lock_wait, lock_wait_timeout, lock_wait_interval), **kwargs)

    result: Callable[..., R] = with_lock
    for option in _OPTIONS:
        result = option(result)
    return result
