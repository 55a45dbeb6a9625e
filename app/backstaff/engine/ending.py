"""How a run ends: whatever happens in it becomes an exit code, a failure card and a last event."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Literal

from backstaff.engine.context import RunContext
from backstaff.errors import BackstaffError, ExitCode, RunCancelled
from backstaff.events.types import Failed, RunEnded
from backstaff.explain.bug import internal_error
from backstaff.explain.card import failure_card
from backstaff.explain.retry import retry_command

Verdict = Literal["done", "failed", "refused", "cancelled"]

_SIGNAL_NAMES = {
    ExitCode.INTERRUPTED: "interrupted",
    ExitCode.TERMINATED: "terminated",
    ExitCode.HANGUP: "cancelled because the terminal closed",
}


class Cancellation:
    """Lets an operator or a signal end a run: once to end it well, again to end it at once."""

    def __init__(self, at_once: Callable[[ExitCode], None]) -> None:
        self._at_once = at_once
        self._task: asyncio.Task[object] | None = None
        self.code: ExitCode | None = None

    def attach(self) -> None:
        """The current task is the run. It ends at once if that was requested before it began."""
        self._task = asyncio.current_task()
        if self.code is not None and self._task is not None:
            self._task.cancel()

    def request(self, code: ExitCode) -> None:
        """End the run. The first request lets it release its lock and report; the second does not wait.

        A terminal that closes tells so more than once, and nobody is left who could insist: that never
        counts as a second request."""
        if self.code is not None:
            if code is not ExitCode.HANGUP:
                self._at_once(code)
            return
        self.code = code
        if self._task is not None:
            self._task.cancel()

    def take(self) -> RunCancelled | None:
        """The error for a cancellation that was requested here; None for one that came from elsewhere."""
        if self.code is None or self._task is None:
            return None
        self._task.uncancel()
        return RunCancelled(f"the run was {_SIGNAL_NAMES[self.code]}", exit_code=self.code)


async def run_to_end(
    run: RunContext,
    work: Callable[[], Awaitable[None]],
    cancellation: Cancellation,
    *,
    retry: str = "",
    resumable: Callable[[], bool] = lambda: False,
) -> ExitCode:
    """Do `work`; return the exit code after the last event was emitted. `retry` is the command that redoes
    the run; without it one is made, and `resumable` tells whether the run can be gone on with by its name."""
    cancellation.attach()

    def end(error: BackstaffError | None) -> ExitCode:
        again = retry or retry_command(run.stream.board, resumable=resumable())
        return _end(run, began, error, again)

    began = run.clock.now()
    error: BackstaffError | None = None
    try:
        await work()
    except asyncio.CancelledError as cancelled:
        error = cancellation.take()
        if error is not None:
            error.evidence = _what_failed_before(cancelled)
        else:
            end(RunCancelled("the run was cancelled"))
            raise
    except BackstaffError as failure:
        error = failure
    except Exception as bug:  # noqa: BLE001 - the boundary of the run: a bug must still end it well
        error = internal_error(bug, attach="the run's journal")
    return end(error)


def _end(run: RunContext, began: float, error: BackstaffError | None, retry: str) -> ExitCode:
    if error is not None:
        run.stream.redactor.error(error)
        run.stream.emit(Failed(card=failure_card(run.stream.board, error, retry=retry)))
    code = ExitCode.DONE if error is None else error.exit_code
    took = run.clock.now() - began
    run.stream.emit(RunEnded(exit_code=int(code), verdict=_verdict(error), took_s=took))
    return code


def _what_failed_before(cancelled: BaseException) -> tuple[str, ...]:
    """The failure that was being cleaned up after when the cancellation came."""
    context = cancelled.__context__
    while context is not None:
        if isinstance(context, BackstaffError):
            return (f"it had failed before: {context}", *context.evidence)
        context = context.__context__
    return ()


def _verdict(error: BackstaffError | None) -> Verdict:
    if error is None:
        return "done"
    if isinstance(error, RunCancelled):
        return "cancelled"
    refusals = {ExitCode.USAGE, ExitCode.LOCK_HELD, ExitCode.UNREACHABLE}
    return "refused" if error.exit_code in refusals else "failed"
