"""Commands on this machine, each within a wait and with a record."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from backstaff.clock import Seconds
from backstaff.engine.context import RunContext
from backstaff.engine.local_output import within_budget
from backstaff.engine.waits import Ongoing, Wait
from backstaff.errors import BuildFailed
from backstaff.events.facts import WaitKind
from backstaff.events.types import CommandRun, Output
from backstaff.hosts.local import LocalResult, OnLine, run_local

_LAST_LINES = 12


def last_words(result: LocalResult) -> list[str]:
    """The last lines of a command that failed: its errors, and before them as much output as there is room
    for, since what a build runs complains on either stream.

    Only a line feed ends a line, as where they are told: a secret with another break in it has to stay in one
    piece to be masked."""
    errors = _lines(result.stderr)[-_LAST_LINES:]
    room = _LAST_LINES - len(errors)
    return [*(_lines(result.stdout)[-room:] if room else ()), *errors]


def _lines(text: str) -> list[str]:
    return text.removesuffix("\n").split("\n") if text else []


def _not_started(program: str, directory: Path, error: OSError) -> BuildFailed:
    """The error for a program that is missing or can not be run."""
    fix = "or deploy an image that is in the registry with --skip-push"
    if isinstance(error, FileNotFoundError) and error.filename == program:
        what = f"{program} is not installed on this machine, or not on its PATH"
        return BuildFailed(what, fix=f"install it, {fix}")
    what = f"{program} could not be started: {error.strerror or error}"
    return BuildFailed(what, where=str(directory), fix=f"make it run there, {fix}")


class LocalCommands:
    """Runs local commands for one part of a run; each inherits `environment` and nothing else.

    Raises `BuildFailed` for a program that can not be started."""

    def __init__(self, run: RunContext, environment: Mapping[str, str]) -> None:
        self._run = run
        self._environment = environment

    async def ask(
        self, argv: Sequence[str], cwd: Path | None = None, *, limit_s: Seconds | None = None
    ) -> LocalResult:
        """Run a command whose output is wanted, not shown. `limit_s` None means `timeouts.command`."""
        line = " ".join(argv)
        limit = self._run.timeouts.command if limit_s is None else limit_s
        wait = Wait(WaitKind.COMMAND, line, "this machine", limit, quiet=True)
        return await self._recorded(line, wait, lambda _: self._start(argv, cwd))

    async def build(self, line: str, shown: str, cwd: Path) -> LocalResult:
        """Run a long shell line; its output is told line by line, and silence for too long ends it."""
        limit: Seconds = self._run.timeouts.build_silence
        wait = Wait(WaitKind.BUILD, shown, "this machine", limit, silence=True)

        def tell(stream: str, text: str) -> None:
            self._run.stream.emit(Output(source="build", stream=stream, text=text))

        async def work(ongoing: Ongoing) -> LocalResult:
            with within_budget(self._run.clock, tell) as told:

                def take(stream: str, text: str) -> None:
                    ongoing.alive()
                    told(stream, text)

                return await self._start(["sh", "-c", line], cwd, take)

        return await self._recorded(shown, wait, work)

    async def _start(
        self, argv: Sequence[str], cwd: Path | None, on_line: OnLine | None = None
    ) -> LocalResult:
        directory = cwd or self._run.directory
        try:
            return await run_local(argv, env=self._environment, cwd=directory, on_line=on_line)
        except OSError as error:
            raise _not_started(argv[0], directory, error) from error

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
