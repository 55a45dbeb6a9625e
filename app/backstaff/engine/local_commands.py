"""Commands on this machine, each within a wait and with a record."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from backstaff.clock import Seconds
from backstaff.engine.context import RunContext
from backstaff.engine.waits import Ongoing, Wait
from backstaff.events.facts import WaitKind
from backstaff.events.types import CommandRun, Output
from backstaff.hosts.local import LocalResult, run_local

_LAST_LINES = 12


def last_words(result: LocalResult) -> list[str]:
    """The last lines of a command that failed: its errors, and before them as much output as there is room
    for, since what a build runs complains on either stream."""
    errors = result.stderr.splitlines()[-_LAST_LINES:]
    room = _LAST_LINES - len(errors)
    return [*(result.stdout.splitlines()[-room:] if room else ()), *errors]


class LocalCommands:
    """Runs local commands for one part of a run; each inherits `environment` and nothing else."""

    def __init__(self, run: RunContext, environment: Mapping[str, str]) -> None:
        self._run = run
        self._environment = environment

    async def ask(self, argv: Sequence[str], cwd: Path | None = None) -> LocalResult:
        """Run a short command whose output is wanted, not shown."""
        line = " ".join(argv)
        wait = Wait(WaitKind.COMMAND, line, "this machine", self._run.timeouts.command, quiet=True)
        return await self._recorded(line, wait, lambda _: self._start(argv, cwd))

    async def build(self, line: str, shown: str, cwd: Path) -> LocalResult:
        """Run a long shell line; its output is told line by line, and silence for too long ends it."""
        limit: Seconds = self._run.timeouts.build_silence
        wait = Wait(WaitKind.BUILD, shown, "this machine", limit, silence=True)

        def work(ongoing: Ongoing) -> Awaitable[LocalResult]:
            def tell(stream: str, text: str) -> None:
                ongoing.alive()
                self._run.stream.emit(Output(source="build", stream=stream, text=text))

            return run_local(["sh", "-c", line], env=self._environment, cwd=cwd, on_line=tell)

        return await self._recorded(shown, wait, work)

    async def _start(self, argv: Sequence[str], cwd: Path | None) -> LocalResult:
        return await run_local(argv, env=self._environment, cwd=cwd or self._run.directory)

    async def _recorded(
        self, line: str, wait: Wait, work: Callable[[Ongoing], Awaitable[LocalResult]]
    ) -> LocalResult:
        began = self._run.clock.now()
        status: int | None = None
        try:
            result = await self._run.waits.wait(wait, work)
            status = result.status
            return result
        finally:
            took = self._run.clock.now() - began
            self._run.stream.emit(CommandRun(line=line, took_s=took, status=status))
