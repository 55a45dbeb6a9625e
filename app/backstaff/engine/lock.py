"""The deploy lock: taken after the image is in place, given back whatever happens.

It is Kamal's lock, byte for byte, so that each tool honours the other's. Beside Kamal's `details` lies a
file of ours that tells which process on which machine holds it: a later run on the same machine can then
see that the holder is dead, and take the lock over.
"""

import shlex
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from secrets import token_hex

from backstaff.clock import Seconds
from backstaff.config.models import Config
from backstaff.engine.asking import ANSWER_WITHIN_S
from backstaff.engine.context import RunContext
from backstaff.engine.guarded import GuardedHost
from backstaff.engine.lock_choice import LockChooser, LockPatience
from backstaff.engine.questions import LockChoice
from backstaff.engine.waits import Ongoing, Wait
from backstaff.errors import BackstaffError, LockHeld, RemoteError, WaitExpired
from backstaff.events.facts import LockState, WaitKind
from backstaff.events.step_names import TAKE_LOCK
from backstaff.events.types import LockChanged, Notice
from backstaff.explain.words import duration
from backstaff.kamal.lock import (
    AUTOMATIC,
    LockOutcome,
    LockOwner,
    LockReport,
    details_text,
    parse_lock_report,
)
from backstaff.kamal.lock_scripts import (
    acquire_script,
    release_if_ours_script,
    status_script,
    takeover_script,
)
from backstaff.uninterrupted import settled, uninterrupted

ANSWERED_WITHIN_S: Seconds = 3.0
"""How long a cancelled attempt at the lock may take to say how it ended. Its script waits for nothing."""
DEFAULT_CONFIG_FILE = Path("config/deploy.yml")


def release_command(config: Config, host: str) -> str:
    """What a person runs to release the lock by hand. It goes through our own connection, which knows the
    user, port, keys and jump hosts."""
    words = ["backstaff", "lock", "release"]
    if config.files and config.files[0] != DEFAULT_CONFIG_FILE:
        words += ["-c", str(config.files[0])]
    if config.destination:
        words += ["-d", config.destination]
    return shlex.join([*words, "-h", host])


def held_by_other(config: Config, host: str, report: LockReport, *, waited: bool = False) -> LockHeld:
    """The error for a lock that somebody else has: who, since when, and how it could be released."""
    lines = report.details.text.splitlines() if report.details else ()
    holder = report.details.locked_by if report.details else ""
    return LockHeld(
        f"the deploy lock is held by {holder or 'somebody else'}",
        where=host,
        evidence=lines,
        fix=f"{_patience(report, waited=waited)}: `{release_command(config, host)}`",
    )


def _patience(report: LockReport, *, waited: bool) -> str:
    if report.details is not None and not report.details.automatic:
        return "it was taken by hand and is not waited for; if its holder is done with it"
    more = "wait longer with --lock-wait-timeout" if waited else "wait for it with --lock-wait"
    return f"{more}, or if its holder is gone"


class DeployLock:
    """The lock of one service and destination on one host.

    `undisturbed`: it is ours, it was free when it was last looked at, and nobody has had it in between. So
    whatever was seen on the hosts after that look was not changed by another run. `left_behind`: it could not
    be given back."""

    def __init__(
        self,
        run: RunContext,
        host: GuardedHost,
        owner: LockOwner,
        *,
        is_dead: Callable[[LockOwner], bool],
        patience: LockPatience | None = None,
    ) -> None:
        self._run = run
        self._host = host
        self._owner = owner
        self._chooser = LockChooser(run, host.name, is_dead, patience or LockPatience(), self.release_command)
        self._maybe_ours = False
        self._was_held = False
        self._free_turn = ""
        self.undisturbed = False
        self.left_behind = False

    @property
    def release_command(self) -> str:
        """What a person runs to release the lock by hand."""
        return release_command(self._run.config, self._host.name)

    async def look(self) -> LockReport:
        """The lock as it is now. Changes nothing."""
        report = await self._run_script(status_script(self._run.config), "read the deploy lock")
        self._free_turn = report.turn if report.outcome is LockOutcome.FREE else ""
        self._tell(LockState.HELD if report.outcome is LockOutcome.HELD else LockState.FREE, report)
        return report

    async def refuse_if_held(self) -> None:
        """Raise `LockHeld` early, before a build or a pull is done for nothing; ask now what may be asked."""
        report = await self.look()
        if report.outcome is LockOutcome.HELD and await self._choose(report) is LockChoice.LEAVE:
            raise held_by_other(self._run.config, self._host.name, report)

    async def warn_if_free(self) -> None:
        """For a lock that is our caller's, who also releases it: warn where nobody has it."""
        report = await self._run_script(status_script(self._run.config), "read the deploy lock")
        if report.outcome is LockOutcome.FREE:
            self._warn("the deploy lock should be held by our caller, but it is free: going on without it")

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Hold the lock while the body runs."""
        await self.acquire()
        try:
            yield
        finally:
            await uninterrupted(self.release())

    async def acquire(self, message: str = AUTOMATIC) -> None:
        """Take the lock; wait for it as patience allows. Raises `LockHeld`."""
        with self._run.report.step(TAKE_LOCK, self._host.name):
            try:
                await self._take(message)
            except BaseException:
                # The answer may have been lost on the way while the host did take the lock for us.
                await uninterrupted(self.release())
                raise

    async def _take(self, message: str) -> None:
        held = await self._attempt(message)
        if held is None:
            return
        wait = Wait(
            WaitKind.LOCK,
            "the deploy lock",
            held.details.locked_by if held.details else "its holder",
            self._chooser.limit_s,
            self._host.name,
        )

        async def until_free(_: Ongoing) -> None:
            while await self._attempt(message) is not None:
                await self._run.clock.sleep(self._chooser.interval_s)

        try:
            await self._run.waits.wait(wait, until_free, [self._host.link])
        except WaitExpired:
            raise held_by_other(self._run.config, self._host.name, held, waited=True) from None

    async def _attempt(self, message: str) -> LockReport | None:
        """Try once, also over a dead holder: None if the lock is ours now, else whose it is, and worth
        waiting for. Raises `LockHeld` if it is not."""
        held = await self._try(message)
        if held is None:
            return None
        choice = await self._choose(held)
        stale = self._chooser.stale(held)
        if choice is LockChoice.TAKE_OVER and stale is not None:
            after = await self._take_over(message, held, stale)
            if after is None:
                return None
            if after.outcome is LockOutcome.FREE:
                return await self._attempt(message)
            held, choice = after, await self._choose(after)
        if choice is not LockChoice.WAIT:
            raise held_by_other(self._run.config, self._host.name, held)
        return held

    async def _choose(self, report: LockReport) -> LockChoice:
        try:
            return await self._chooser.choose(report)
        except WaitExpired as unanswered:
            error = held_by_other(self._run.config, self._host.name, report)
            limit = duration(ANSWER_WITHIN_S)
            error.what = f"{error.what}, and nobody said within {limit} what to do about it"
            raise error from unanswered

    async def _try(self, message: str) -> LockReport | None:
        """Try once: None if the lock is ours now, else whose it is."""
        self._maybe_ours = True
        script = acquire_script(
            self._run.config, self._details(message), token=token_hex(8), owner=self._owner
        )
        report = await self._answered(self._run_script(script, TAKE_LOCK))
        if report.outcome is LockOutcome.ACQUIRED:
            self._was_held = True
            self.undisturbed = bool(report.turn) and report.turn == self._free_turn
            self._tell(LockState.OURS, report)
            return None
        self._maybe_ours = False
        if self._chooser.stale(report) is None:
            self._tell(LockState.HELD, report)
        return report

    async def _take_over(self, message: str, report: LockReport, stale: LockOwner) -> LockReport | None:
        self._maybe_ours = True
        script = takeover_script(
            self._run.config, report.owner_text, self._details(message), token=token_hex(8), owner=self._owner
        )
        title = "take over the deploy lock of a dead process"
        after = await self._answered(self._run_script(script, title))
        if after.outcome is not LockOutcome.TAKEN_OVER:
            self._maybe_ours = False
            return after
        text = (
            f"took over the deploy lock of run {stale.run}: its process {stale.pid} on this machine is dead"
        )
        self._run.stream.emit(Notice(level="warning", host=self._host.name, text=text))
        self._was_held = True
        self._tell(LockState.TAKEN_OVER, after)
        return None

    def _details(self, message: str) -> str:
        run = self._run
        return details_text(run.performer.name, run.clock.wall(), run.version, message)

    async def release(self) -> None:
        """Give the lock back if it is, or may be, ours. Never raises: what can not be released is told,
        with the command that does it."""
        if not self._maybe_ours:
            return
        self._maybe_ours = False
        script = release_if_ours_script(self._run.config, self._owner, token=token_hex(8))
        try:
            with self._run.report.step("release the deploy lock", self._host.name):
                limit = self._run.timeouts.release
                report = await self._run_script(script, "release the deploy lock", limit)
        except BackstaffError:
            self.left_behind = True
            self._tell(LockState.LEFT_BEHIND)
            return
        self._tell_released(report)

    def refuse_if_left_behind(self) -> None:
        """Raise if the lock could not be given back: whoever deploys next would be refused."""
        if self.left_behind:
            raise RemoteError(
                "all went well, but the deploy lock could not be released",
                where=self._host.name,
                fix=f"release it with `{self.release_command}`, or the next deploy is refused",
            )

    def _tell_released(self, report: LockReport) -> None:
        was_held, self._was_held = self._was_held, False
        match report.outcome:
            case LockOutcome.HELD:
                holder = report.details.locked_by if report.details else ""
                self._warn(f"the deploy lock is not ours any more, {holder or 'somebody else'} has it")
                self._tell(LockState.HELD, report)
            case LockOutcome.FREE if was_held:
                self._warn("somebody has removed our deploy lock while this run went on")
                self._tell(LockState.FREE, report)
            case LockOutcome.FREE:
                self._tell(LockState.FREE, report)
            case _:
                self._tell(LockState.RELEASED, report)

    def _warn(self, text: str) -> None:
        self._run.stream.emit(Notice(level="warning", host=self._host.name, text=text))

    async def _run_script(self, script: str, title: str, limit_s: float | None = None) -> LockReport:
        result = await self._host.run(script, title, limit_s=limit_s)
        return parse_lock_report(result.stdout)

    async def _answered(self, attempt: Coroutine[object, object, LockReport]) -> LockReport:
        """The answer to an attempt at the lock; a cancellation waits for it. Were the lock given back while
        the attempt is on its way, it could be taken after that, for nobody."""
        return await settled(attempt, self._run.clock, ANSWERED_WITHIN_S)

    def _tell(self, state: LockState, report: LockReport | None = None) -> None:
        details = report.details if report else None
        self._run.stream.emit(
            LockChanged(
                state=state,
                host=self._host.name,
                details=tuple(details.text.splitlines()) if details else (),
                release=self.release_command,
            )
        )
