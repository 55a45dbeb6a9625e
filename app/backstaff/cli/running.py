"""Running a command to its end: event loop, signals, sinks, journal, exit code."""

import asyncio
import resource
import sys
from collections.abc import Awaitable, Callable, Coroutine
from datetime import UTC, datetime

from backstaff import __version__
from backstaff.cli.options import CommonOptions
from backstaff.cli.project import Project, find_performer, literal_secrets
from backstaff.cli.reporting import sink_for
from backstaff.cli.signals import handled, leave_at_once
from backstaff.clock import LoopClock
from backstaff.config.secrets import Secrets
from backstaff.engine.context import RunContext
from backstaff.engine.ending import Cancellation, run_to_end
from backstaff.engine.lock import release_command
from backstaff.errors import ExitCode
from backstaff.events.journal import JournalWriter, journal_directory, new_run_id
from backstaff.events.redact import Redactor
from backstaff.events.stream import EventStream
from backstaff.events.types import Notice, RunStarted

Work = Callable[[RunContext], Awaitable[None]]

MOST_FILES = 65_536


def run_and_exit(main: Callable[[], Coroutine[object, object, ExitCode]]) -> None:
    """Run `main` in an event loop and end the process with its exit code. Errors that come without a run
    pass through: `cli.main` tells them."""
    raise_file_limit()
    sys.exit(int(asyncio.run(main())))


def raise_file_limit() -> None:
    """Use as many files as the system lets us: a host takes up to nine, and the usual limit is for 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


async def run_recorded(
    common: CommonOptions, project: Project, secrets: Secrets, *, command: str, version: str, work: Work
) -> ExitCode:
    """Do `work` as a run: with a journal, told to the operator as it goes, and ended well by signals."""
    clock = LoopClock()
    hidden = [value.reveal() for value in secrets.values.values()] + literal_secrets(project.config)
    stream = EventStream(clock, Redactor(hidden))
    run = RunContext(
        run_id=new_run_id(datetime.now(UTC)),
        command=command,
        config=project.config,
        version=version,
        performer=await find_performer(project),
        stream=stream,
        secrets=secrets.values,
        clock=clock,
        environ=project.environ,
        directory=project.directory,
    )
    journal = JournalWriter(journal_directory(), run.run_id, lambda text: _warn(stream, text))
    stream.add_sink(sink_for(as_json=common.json, verbose=common.verbose, quiet=common.quiet))
    stream.add_sink(journal)
    _announce(run, common, secrets)
    release = release_command(project.config, project.selection.lock_host)
    cancellation = Cancellation(leave_at_once(lambda: stream.board, release))
    try:
        with handled(cancellation):
            return await run_to_end(run, lambda: work(run), cancellation)
    finally:
        journal.close()


def _announce(run: RunContext, common: CommonOptions, secrets: Secrets) -> None:
    run.stream.emit(
        RunStarted(
            run=run.run_id,
            command=run.command,
            service=run.config.service,
            destination=run.config.destination or "",
            version=run.version,
            performer=run.performer.name,
            tool_version=__version__,
            config_file=str(common.config_file),
            argv=tuple(sys.argv[1:]),
        )
    )
    for issue in (*run.config.warnings, *secrets.warnings):
        _warn(run.stream, str(issue))


def _warn(stream: EventStream, text: str) -> None:
    stream.emit(Notice(level="warning", text=text))
