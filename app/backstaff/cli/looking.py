"""Commands that only look: connect, ask, answer. They are no runs and leave no journal."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar

from backstaff.cli.connecting import connector_for
from backstaff.cli.options import CommonOptions
from backstaff.cli.project import Project, connection_secrets, find_performer, literal_secrets
from backstaff.cli.reporting import show_in_a_line
from backstaff.cli.signals import add_lock_words, handled, leave_at_once
from backstaff.cli.waiting import LastingWaits
from backstaff.clock import LoopClock
from backstaff.config.secrets import Secrets
from backstaff.engine.alongside import alongside
from backstaff.engine.context import RunContext
from backstaff.engine.ending import Cancellation
from backstaff.engine.fleet import Fleet, connected
from backstaff.engine.hooks import Hooks
from backstaff.engine.lock import release_command
from backstaff.errors import BackstaffError, ExitCode
from backstaff.events.journal import new_run_id
from backstaff.events.redact import Redactor
from backstaff.events.stream import EventStream

T = TypeVar("T")

UNREACHABLE = "unreachable"
"""The state, in tables, of what is on a host that could not be asked."""


@dataclass(frozen=True)
class Looked(Generic[T]):
    """What those hosts told that could be reached; the names of the `unreachable` ones, and how a command
    ends that has to do without them."""

    answer: T
    unreachable: tuple[str, ...]
    code: ExitCode


async def look(
    common: CommonOptions,
    project: Project,
    hosts: Sequence[str],
    ask: Callable[[RunContext, Fleet], Awaitable[T]],
    *,
    command: str,
    version: str = "",
    partly: bool = False,
) -> T:
    """Connect to `hosts`, await `ask`, disconnect, and return its answer.

    The hook `pre-connect` runs first: it may be what opens the way to the hosts. Waits that last are told
    on standard error. Raises what `ask` or connecting raises, and `RunCancelled` after a signal. With
    `partly`, hosts that can not be reached are missing from the fleet, unless that is all of them.
    """
    secrets = await connection_secrets(common, project)
    run = await _context(project, secrets, command, version)
    hooks = Hooks(run, hosts=project.selection.hosts, skip=common.skip_hooks)
    if not common.quiet:
        run.stream.add_sink(LastingWaits())
    release = release_command(project.config, project.selection.lock_host)
    cancellation = Cancellation(leave_at_once(lambda: run.stream.board, release))
    cancellation.attach()
    try:
        with handled(cancellation):
            async with alongside(run.waits.explain_until_cancelled()):
                await hooks.run("pre-connect")
                connector = connector_for(project.config, run.revealed)
                async with connected(run, connector, hosts, partly=partly) as fleet:
                    return await ask(run, fleet)
    except asyncio.CancelledError:
        cancelled = cancellation.take()
        if cancelled is None:
            raise
        add_lock_words(cancelled, run.stream.board)
        raise cancelled from None
    except BackstaffError as error:
        add_lock_words(error, run.stream.board)
        run.stream.redactor.error(error)
        raise


async def look_around(
    common: CommonOptions,
    project: Project,
    hosts: Sequence[str],
    ask: Callable[[RunContext, Fleet], Awaitable[T]],
    *,
    command: str,
) -> Looked[T]:
    """As `look`, but those hosts answer that can be reached. The others are told on standard error before
    `ask` begins, a line each; if none is left, that is raised."""

    async def tell_and_ask(run: RunContext, fleet: Fleet) -> Looked[T]:
        missing = fleet.unreachable
        for error in missing.values():
            run.stream.redactor.error(error)
            show_in_a_line(error)
        # Of the codes that connecting can end with, that of an unreachable host is the highest.
        code = max((error.exit_code for error in missing.values()), default=ExitCode.DONE)
        return Looked(await ask(run, fleet), tuple(missing), code)

    return await look(common, project, hosts, tell_and_ask, command=command, partly=True)


async def _context(project: Project, secrets: Secrets, command: str, version: str) -> RunContext:
    clock = LoopClock()
    hidden = [value.reveal() for value in secrets.values.values()] + literal_secrets(project.config)
    return RunContext(
        run_id=new_run_id(datetime.now(UTC)),
        command=command,
        config=project.config,
        version=version,
        performer=await find_performer(project),
        stream=EventStream(clock, Redactor(hidden)),
        secrets=secrets.values,
        clock=clock,
        environ=project.environ,
        directory=project.directory,
    )
