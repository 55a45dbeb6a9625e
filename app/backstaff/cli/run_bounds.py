"""After each recorded run: the ones before it are kept within bounds, so that they never fill the disk."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from backstaff.engine.ending import Cancellation
from backstaff.errors import JournalError
from backstaff.events.inert import inert


async def keep_within_bounds(
    directory: Path, cancellation: Cancellation, warn: Callable[[str], None]
) -> None:
    """Remove the runs that are too many, too old or too big, beside the event loop.

    The run before has ended: nothing here changes that, and a signal only ends the wait. `warn` is told what
    can not be removed, a line each."""
    try:
        warnings = await asyncio.to_thread(_prune, directory)
    except asyncio.CancelledError:
        if cancellation.take() is None:
            raise
        return
    for warning in warnings:
        warn(f"warning: {inert(warning)}")


def _prune(directory: Path) -> tuple[str, ...]:
    """What could not be removed, and why. Imported only now: the run itself has no need of it."""
    from backstaff.replay.prune import USUAL_BOUNDS, prune

    try:
        return prune(directory, USUAL_BOUNDS, datetime.now(UTC)).troubles
    except JournalError as error:
        return (str(error),)
