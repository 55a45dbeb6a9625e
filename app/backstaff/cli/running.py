"""Running a command to its end: event loop, signals, sinks, journal, exit code."""

import sys
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from backstaff import __version__
from backstaff.cli.options import CommonOptions
from backstaff.cli.presentation import is_ci
from backstaff.cli.project import Project, find_performer, literal_secrets
from backstaff.cli.reporting import sink_for
from backstaff.cli.run_bounds import keep_within_bounds
from backstaff.cli.signals import handled, leave_at_once
from backstaff.clock import LoopClock
from backstaff.config.secrets import Secrets
from backstaff.engine.context import RunContext
from backstaff.engine.ending import Cancellation, run_to_end
from backstaff.engine.lock import release_command
from backstaff.engine.performer import Performer
from backstaff.engine.questions import Operator
from backstaff.errors import ExitCode
from backstaff.events.journal import JournalWriter, journal_directory, new_run_id
from backstaff.events.redact import Redactor
from backstaff.events.stream import EventStream, Sink
from backstaff.events.types import Notice, RunStarted
from backstaff.headless.outlet import Outlet

Work = Callable[[RunContext], Awaitable[None]]


@dataclass(frozen=True)
class Call:
    """What a run is done for: the options, what was read before it began, who asked for it.

    `argv` is the command line, without the program, that does the same."""

    common: CommonOptions
    project: Project
    secrets: Secrets
    performer: Performer
    argv: Sequence[str]

    @property
    def redactor(self) -> Redactor:
        """Masks every secret that the call knows."""
        hidden = [value.reveal() for value in self.secrets.values.values()]
        return Redactor(hidden + literal_secrets(self.project.config))


@dataclass(frozen=True)
class RecordedRun:
    """One run with its journal, ready to be carried out wherever it is shown.

    `leave` ends the process at once, and says what is to be known about the lock."""

    call: Call
    run: RunContext
    journal: JournalWriter
    work: Work
    leave: Callable[[ExitCode], None]

    async def carry_out(
        self, sinks: Iterable[Sink], cancellation: Cancellation, warn: Callable[[str], None]
    ) -> ExitCode:
        """Do the work, told to `sinks` as it goes, and to the journal; then earlier runs may have to go, and
        `warn` is told of those that can not."""
        for sink in sinks:
            self.run.stream.add_sink(sink)
        self.run.stream.add_sink(self.journal)
        self._announce()
        try:
            code = await run_to_end(
                self.run, lambda: self.work(self.run), cancellation, resumable=self._is_resumable
            )
        finally:
            self.journal.close()
        await keep_within_bounds(self.journal.path.parent, cancellation, warn)
        return code

    def _is_resumable(self) -> bool:
        """Whether the journal is there for who reads the failure card. What a CI system keeps of a run is its
        output: its card gives a command that works on any machine."""
        return self.journal.path.exists() and not is_ci(self.run.environ)

    def _announce(self) -> None:
        run = self.run
        run.stream.emit(
            RunStarted(
                run=run.run_id,
                command=run.command,
                service=run.config.service,
                destination=run.config.destination or "",
                version=run.version,
                performer=run.performer.name,
                tool_version=__version__,
                config_file=str(self.call.common.config_file),
                argv=tuple(self.call.argv),
            )
        )
        for issue in (*run.config.warnings, *self.call.secrets.warnings):
            _warn(run.stream, str(issue))


def recorded(
    call: Call, *, command: str, version: str, work: Work, operator: Operator | None = None
) -> RecordedRun:
    """Make a run of `work`. Nothing is done yet."""
    run = context_of(call, command=command, version=version, operator=operator)
    stream = run.stream
    journal = JournalWriter(journal_directory(), run.run_id, lambda text: _warn(stream, text))
    release = release_command(run.config, call.project.selection.lock_host)
    return RecordedRun(call, run, journal, work, leave_at_once(lambda: stream.board, release))


def context_of(call: Call, *, command: str, version: str, operator: Operator | None = None) -> RunContext:
    """A run that nobody is told of yet."""
    clock = LoopClock()
    return RunContext(
        run_id=new_run_id(datetime.now(UTC)),
        command=command,
        config=call.project.config,
        version=version,
        performer=call.performer,
        stream=EventStream(clock, call.redactor),
        secrets=call.secrets.values,
        clock=clock,
        environ=call.project.environ,
        directory=call.project.directory,
        operator=operator,
    )


async def run_in_lines(recorded_run: RecordedRun) -> ExitCode:
    """Carry a run out, told on standard output as the options say, and ended well by signals."""
    common = recorded_run.call.common
    sink = sink_for(as_json=common.json, verbose=common.verbose, quiet=common.quiet)
    cancellation = Cancellation(recorded_run.leave)
    with handled(cancellation):
        return await recorded_run.carry_out([sink], cancellation, Outlet(sys.stderr).line)


async def run_recorded(
    common: CommonOptions, project: Project, secrets: Secrets, *, command: str, version: str, work: Work
) -> ExitCode:
    """Do `work` as a run that is told on standard output."""
    call = Call(common, project, secrets, await find_performer(project), tuple(sys.argv[1:]))
    return await run_in_lines(recorded(call, command=command, version=version, work=work))


def _warn(stream: EventStream, text: str) -> None:
    stream.emit(Notice(level="warning", text=text))
