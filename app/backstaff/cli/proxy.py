"""`backstaff proxy`: kamal-proxy on the servers."""

import click

from backstaff.cli.amounts import AMOUNT
from backstaff.cli.answers import Answer
from backstaff.cli.groups import CommandGroup
from backstaff.cli.lock_options import LockOptions, lock_options
from backstaff.cli.locked import run_locked
from backstaff.cli.log_printing import LogPrinter, since_option
from backstaff.cli.looking import UNREACHABLE, look_around
from backstaff.cli.options import CommonOptions, common_options
from backstaff.cli.process import run_and_exit
from backstaff.cli.project import open_project
from backstaff.engine.app_logs import LogQuery, LogSource, read_logs
from backstaff.engine.context import RunContext
from backstaff.engine.fleet import Fleet
from backstaff.engine.proxy import ProxyRow, boot_proxies, proxy_rows
from backstaff.errors import ExitCode, UsageError
from backstaff.explain.words import listed
from backstaff.kamal.names import PROXY_CONTAINER

_COLUMNS = ("host", "image", "state", "service", "at", "target", "serves")
_LINES = 100


@click.group(cls=CommandGroup)
def proxy() -> None:
    """Boot and look at kamal-proxy."""


@proxy.command("boot")
@lock_options
@common_options
def boot_proxy(common: CommonOptions, lock: LockOptions) -> None:
    """Start the proxy on the servers that need it and where it does not run."""
    run_and_exit(lambda: _boot(common, lock))


@proxy.command()
@common_options
def details(common: CommonOptions) -> None:
    """Show each server's proxy and where it sends traffic."""
    run_and_exit(lambda: _details(common))


@proxy.command()
@since_option
@click.option(
    "-n",
    "--lines",
    type=AMOUNT,
    default=_LINES,
    show_default=True,
    help="Lines of each proxy.",
)
@click.option("-f", "--follow", is_flag=True, help="Go on with new lines as they come.")
@click.option("-T", "--skip-timestamps", is_flag=True, help="Leave out the times.")
@common_options
def logs(common: CommonOptions, since: str, lines: int, follow: bool, skip_timestamps: bool) -> None:
    """Show the proxies' output, of all servers in the order of time."""
    query = LogQuery(since=since, lines=None if since else lines, follow=follow)
    printer = LogPrinter(as_json=common.json, timestamps=not skip_timestamps)
    run_and_exit(lambda: _logs(common, query, printer))


async def _boot(common: CommonOptions, lock: LockOptions) -> ExitCode:
    project = open_project(common)
    selection = project.selection

    async def work(run: RunContext, fleet: Fleet) -> None:
        await boot_proxies(run, fleet, selection)

    return await run_locked(common, project, lock, work, command="proxy boot", hosts=selection.hosts)


async def _details(common: CommonOptions) -> ExitCode:
    project = open_project(common)
    hosts = project.selection.proxy_hosts

    async def ask(_: RunContext, fleet: Fleet) -> list[ProxyRow]:
        return await proxy_rows(fleet.hosts)

    looked = await look_around(common, project, hosts, ask, command="proxy details")
    missing = [ProxyRow(host, "", UNREACHABLE) for host in looked.unreachable]
    rows = sorted((*looked.answer, *missing), key=lambda row: hosts.index(row.host))
    shown = [{column: getattr(row, column) for column in _COLUMNS} for row in rows]
    empty = f"No proxy is needed on {listed(project.selection.hosts)}."
    Answer(as_json=common.json).table(_COLUMNS, shown, empty=empty)
    return looked.code


async def _logs(common: CommonOptions, query: LogQuery, printer: LogPrinter) -> ExitCode:
    project = open_project(common)
    hosts = project.selection.proxy_hosts
    if not hosts:
        raise UsageError(
            f"no proxy is needed on {listed(project.selection.hosts)}, so there is no output",
            fix="select hosts that run a role behind the proxy",
        )

    async def ask(_: RunContext, fleet: Fleet) -> None:
        sources = [LogSource(host.name, "", PROXY_CONTAINER) for host in fleet.hosts]
        printer.align(sources)
        await read_logs(fleet, sources, query, printer.line, printer.failure)

    looked = await look_around(common, project, hosts, ask, command="proxy logs")
    return looked.code or printer.code
