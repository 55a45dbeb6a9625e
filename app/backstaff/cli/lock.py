"""`backstaff lock`: the deploy lock, by hand."""

from collections.abc import Awaitable, Callable

import click

from backstaff.cli.answers import Answer
from backstaff.cli.groups import CommandGroup
from backstaff.cli.looking import look
from backstaff.cli.options import CommonOptions, common_options
from backstaff.cli.process import run_and_exit
from backstaff.cli.project import open_project
from backstaff.config.version import resolve_version
from backstaff.engine.context import RunContext
from backstaff.engine.fleet import Fleet
from backstaff.engine.manual_lock import ManualLock
from backstaff.errors import ExitCode
from backstaff.kamal.lock import LockOutcome, LockReport

Act = Callable[[ManualLock], Awaitable[LockReport]]


@click.group(cls=CommandGroup)
def lock() -> None:
    """Look at, take and release the deploy lock."""


@lock.command()
@common_options
def status(common: CommonOptions) -> None:
    """Show who holds the deploy lock."""
    run_and_exit(lambda: _act(common, lambda manual: manual.status()))


@lock.command()
@click.option("-m", "--message", required=True, help="Why you hold it; others are shown this.")
@common_options
def acquire(common: CommonOptions, message: str) -> None:
    """Take the deploy lock, so that nobody deploys until it is released."""
    run_and_exit(lambda: _act(common, lambda manual: manual.acquire(message), needs_version=True))


@lock.command()
@common_options
def release(common: CommonOptions) -> None:
    """Release the deploy lock, whoever holds it."""
    run_and_exit(lambda: _act(common, lambda manual: manual.release()))


async def _act(common: CommonOptions, act: Act, *, needs_version: bool = False) -> ExitCode:
    project = open_project(common)
    host = project.selection.lock_host
    version = ""
    if needs_version:
        version = await resolve_version(
            project.config, common.version, environ=project.environ, cwd=project.directory
        )

    async def ask(run: RunContext, fleet: Fleet) -> LockReport:
        return await act(ManualLock(run, fleet[host]))

    report = await look(common, project, [host], ask, command="lock", version=version)
    return _tell(Answer(as_json=common.json), host, report)


def _tell(answer: Answer, host: str, report: LockReport) -> ExitCode:
    details = report.details.text.splitlines() if report.details else []
    match report.outcome:
        case LockOutcome.FREE:
            answer.sentence("There is no deploy lock.", state="free", host=host)
        case LockOutcome.HELD:
            answer.lines([f"The deploy lock on {host} is held.", *details], state="held", host=host)
        case LockOutcome.RELEASED:
            answer.sentence("Released the deploy lock.", state="released", host=host)
        case LockOutcome.ACQUIRED | LockOutcome.TAKEN_OVER:
            answer.sentence("Acquired the deploy lock.", state="acquired", host=host)
    return ExitCode.DONE
