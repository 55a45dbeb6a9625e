"""The deploy lock taken and released by hand: it belongs to a person, not to a process."""

from secrets import token_hex

from backstaff.engine.context import RunContext
from backstaff.engine.guarded import GuardedHost
from backstaff.engine.lock import held_by_other, release_command
from backstaff.errors import LockHeld
from backstaff.kamal.lock import LockOutcome, LockReport, details_text, parse_lock_report
from backstaff.kamal.lock_scripts import acquire_script, release_script, status_script


class ManualLock:
    """The lock on one host, for `backstaff lock`."""

    def __init__(self, run: RunContext, host: GuardedHost) -> None:
        self._run = run
        self._host = host

    async def status(self) -> LockReport:
        """Who holds it."""
        return await self._answer(status_script(self._run.config), "read the deploy lock")

    async def acquire(self, message: str) -> LockReport:
        """Take it; raises `LockHeld` if somebody has it. It names no process, so it is never taken over."""
        run = self._run
        details = details_text(run.performer.name, run.clock.wall(), run.version, message)
        script = acquire_script(run.config, details, token=token_hex(8), owner=None)
        report = await self._answer(script, "take the deploy lock")
        if report.outcome is LockOutcome.HELD:
            raise self._held(report)
        return report

    async def release(self) -> LockReport:
        """Release it, whoever holds it."""
        return await self._answer(
            release_script(self._run.config, token=token_hex(8)), "release the deploy lock"
        )

    def _held(self, report: LockReport) -> LockHeld:
        """A person who takes the lock by hand does not wait for it."""
        config, host = self._run.config, self._host.name
        error = held_by_other(config, host, report)
        error.fix = f"if its holder is gone: {release_command(config, host)}"
        return error

    async def _answer(self, script: str, title: str) -> LockReport:
        result = await self._host.run(script, title)
        return parse_lock_report(result.stdout)
