"""The deploy lock taken and released by hand: it belongs to a person, not to a process."""

from secrets import token_hex

from backstaff.engine.context import RunContext
from backstaff.engine.guarded import GuardedHost
from backstaff.engine.lock import held_by_other, release_command
from backstaff.errors import BackstaffError, LockHeld
from backstaff.events.facts import LockState
from backstaff.events.step_names import TAKE_LOCK
from backstaff.events.types import LockChanged
from backstaff.kamal.lock import LockOutcome, LockReport, TakenByHand, details_text, parse_lock_report
from backstaff.kamal.lock_scripts import (
    acquire_script,
    release_if_ours_script,
    release_script,
    status_script,
)
from backstaff.uninterrupted import uninterrupted


class ManualLock:
    """The lock on one host, for `backstaff lock`."""

    def __init__(self, run: RunContext, host: GuardedHost) -> None:
        self._run = run
        self._host = host

    async def status(self) -> LockReport:
        """Who holds it."""
        return await self._answer(status_script(self._run.config), "read the deploy lock")

    async def acquire(self, message: str) -> LockReport:
        """Take it; raises `LockHeld` if somebody has it. It names no process, so it is never taken over.

        Whatever ends this before the answer has come, the lock is given back if it was taken; what became
        of it is told by a `LockChanged`."""
        run, mark = self._run, TakenByHand(token_hex(8))
        details = details_text(run.performer.name, run.clock.wall(), run.version, message)
        script = acquire_script(run.config, details, token=token_hex(8), owner=mark)
        with run.report.step(TAKE_LOCK, self._host.name):
            try:
                report = await self._answer(script, TAKE_LOCK)
            except BaseException:
                # The answer may have been lost on the way while the host did take the lock for us.
                await uninterrupted(self._undo(mark))
                raise
            if report.outcome is LockOutcome.HELD:
                raise self._held(report)
            self._tell(LockState.OURS)
        return report

    async def release(self) -> LockReport:
        """Release it, whoever holds it."""
        return await self._answer(
            release_script(self._run.config, token=token_hex(8)), "release the deploy lock"
        )

    async def _undo(self, mark: TakenByHand) -> None:
        """Release the lock if it bears the mark. Never raises: what can not be released is told."""
        script = release_if_ours_script(self._run.config, mark, token=token_hex(8))
        try:
            report = await self._answer(script, "release the deploy lock", self._run.timeouts.release)
        except BackstaffError:
            self._tell(LockState.LEFT_BEHIND)
            return
        self._tell(LockState.RELEASED if report.outcome is LockOutcome.RELEASED else LockState.FREE)

    def _held(self, report: LockReport) -> LockHeld:
        """A person who takes the lock by hand does not wait for it."""
        config, host = self._run.config, self._host.name
        error = held_by_other(config, host, report)
        error.fix = f"if its holder is gone: {release_command(config, host)}"
        return error

    def _tell(self, state: LockState) -> None:
        host = self._host.name
        release = release_command(self._run.config, host)
        self._run.stream.emit(LockChanged(state=state, host=host, release=release))

    async def _answer(self, script: str, title: str, limit_s: float | None = None) -> LockReport:
        result = await self._host.run(script, title, limit_s=limit_s)
        return parse_lock_report(result.stdout)
