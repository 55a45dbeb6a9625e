"""`backstaff app`: the app's containers."""

from collections.abc import Sequence
from dataclasses import asdict, fields

import click

from backstaff.cli.amounts import AMOUNT
from backstaff.cli.answers import Answer, Row
from backstaff.cli.grep_options import wanted_lines
from backstaff.cli.groups import CommandGroup
from backstaff.cli.lock_options import LockOptions, lock_options
from backstaff.cli.log_printing import LogPrinter, since_option
from backstaff.cli.log_sources import current_sources, sources_called
from backstaff.cli.looking import UNREACHABLE, Looked, look_around
from backstaff.cli.options import CommonOptions, common_options
from backstaff.cli.powering import PowerChange, power
from backstaff.cli.preparing import BootOptions, boot
from backstaff.cli.process import run_and_exit
from backstaff.cli.project import Project, open_project, refuse_without_roles, roles_on_hosts
from backstaff.engine.app_logs import LogQuery, read_logs
from backstaff.engine.app_state import ContainerRow, app_containers
from backstaff.engine.context import RunContext
from backstaff.engine.fleet import Fleet
from backstaff.errors import ExitCode
from backstaff.plan.plan import Command

_COLUMNS = ("host", "role", "version", "state", "status", "current", "name")
_LINES = 100


@click.group(cls=CommandGroup)
def app() -> None:
    """Boot, stop, start and look at the app's containers."""


@app.command("boot")
@lock_options
@common_options
def boot_app(common: CommonOptions, lock: LockOptions) -> None:
    """Boot an image that is on the servers already (by default the latest one)."""
    run_and_exit(lambda: boot(common, Command.APP_BOOT, BootOptions(lock=lock)))


@app.command()
@lock_options
@common_options
def start(common: CommonOptions, lock: LockOptions) -> None:
    """Start a version that was stopped (default: git's HEAD), and give it its traffic back."""
    run_and_exit(lambda: power(common, lock, PowerChange.START))


@app.command()
@lock_options
@common_options
def stop(common: CommonOptions, lock: LockOptions) -> None:
    """Take the app out of the proxy and stop it."""
    run_and_exit(lambda: power(common, lock, PowerChange.STOP))


@app.command()
@common_options
def details(common: CommonOptions) -> None:
    """Show the running containers of each role on each server."""
    run_and_exit(lambda: _show_containers(common, running=True))


@app.command()
@common_options
def containers(common: CommonOptions) -> None:
    """Show all containers of the app, running or not."""
    run_and_exit(lambda: _show_containers(common, running=False))


@app.command("version")
@common_options
def app_version(common: CommonOptions) -> None:
    """Show which version each role runs on each server."""
    run_and_exit(lambda: _show_versions(common))


@app.command("stale_containers")
@click.option("-s", "--stop", is_flag=True, help="Stop them.")
@lock_options
@common_options
def stale_containers(common: CommonOptions, lock: LockOptions, stop: bool) -> None:
    """Show containers that run beside the current one: what interrupted deploys leave behind."""
    if stop:
        run_and_exit(lambda: power(common, lock, PowerChange.STOP_STALE))
    run_and_exit(lambda: _show_stale(common))


@app.command()
@since_option
@click.option(
    "-n",
    "--lines",
    type=AMOUNT,
    help="Lines of each container (default: 100, or all with --since or --grep).",
)
@click.option("-g", "--grep", metavar="PATTERN", help="Only lines that match this regular expression.")
@click.option(
    "--grep-options",
    metavar="OPTIONS",
    help="How to match, as for grep: -i, -v, -w, -x, -F, and with a number -A, -B, -C, -m.",
)
@click.option("-f", "--follow", is_flag=True, help="Go on with new lines as they come, from all servers.")
@click.option("-T", "--skip-timestamps", is_flag=True, help="Leave out the times.")
@click.option("--container-id", metavar="ID", help="This container instead of the current ones.")
@common_options
def logs(
    common: CommonOptions,
    since: str,
    lines: int | None,
    grep: str | None,
    grep_options: str | None,
    follow: bool,
    skip_timestamps: bool,
    container_id: str | None,
) -> None:
    """Show the output of the app's current containers, of all servers in the order of time."""
    if lines is None and not since and not grep:
        lines = _LINES
    query = LogQuery(since=since, lines=lines, wanted=wanted_lines(grep, grep_options), follow=follow)
    printer = LogPrinter(as_json=common.json, timestamps=not skip_timestamps)
    run_and_exit(lambda: _show_logs(common, query, printer, container_id))


async def _rows(common: CommonOptions, project: Project, command: str) -> Looked[list[ContainerRow]]:
    selection = project.selection
    refuse_without_roles(selection)

    async def ask(run: RunContext, fleet: Fleet) -> list[ContainerRow]:
        return await app_containers(run, fleet, selection.without(fleet.unreachable))

    return await look_around(common, project, selection.app_hosts, ask, command=command)


def _with_unreachable(project: Project, looked: Looked[list[ContainerRow]], rows: Sequence[Row]) -> list[Row]:
    """The rows, and one for each role on a host that could not be asked, in the order of the plan."""
    pairs = [(pair.host, pair.role) for pair in project.selection.pairs]
    unknown = dict.fromkeys(field.name for field in fields(ContainerRow))
    missing = [
        {**unknown, "host": host, "role": role, "state": UNREACHABLE}
        for host, role in pairs
        if host in looked.unreachable
    ]
    place = {pair: number for number, pair in enumerate(pairs)}
    return sorted((*rows, *missing), key=lambda row: place[str(row["host"]), str(row["role"])])


async def _show_containers(common: CommonOptions, *, running: bool) -> ExitCode:
    project = open_project(common)
    looked = await _rows(common, project, "app details" if running else "app containers")
    up = {"running", "restarting", "paused"}
    found = [asdict(row) for row in looked.answer if not running or row.state in up]
    shown = _with_unreachable(project, looked, found)
    kind = "running containers" if running else "containers"
    _table(common, _COLUMNS, shown, f"There are no {kind} of {roles_on_hosts(project.selection)}.")
    return looked.code


async def _show_versions(common: CommonOptions) -> ExitCode:
    project = open_project(common)
    looked = await _rows(common, project, "app version")
    current = {(row.host, row.role): row for row in looked.answer if row.current}
    found: list[Row] = []
    for pair in project.selection.without(looked.unreachable).pairs:
        row = current.get((pair.host, pair.role))
        version, state = (row.version, row.state) if row else ("", "")
        found.append({"host": pair.host, "role": pair.role, "version": version, "state": state})
    columns = ("host", "role", "version", "state") if looked.unreachable else ("host", "role", "version")
    _table(common, columns, _with_unreachable(project, looked, found), "")
    return looked.code


async def _show_stale(common: CommonOptions) -> ExitCode:
    project = open_project(common)
    looked = await _rows(common, project, "app stale_containers")
    rows = _with_unreachable(project, looked, [asdict(row) for row in looked.answer if row.stale])
    _table(common, _COLUMNS, rows, f"There are no stale containers of {roles_on_hosts(project.selection)}.")
    return looked.code


def _table(common: CommonOptions, names: Sequence[str], rows: Sequence[Row], empty: str) -> None:
    Answer(as_json=common.json).table(names, rows, empty=empty)


async def _show_logs(
    common: CommonOptions, query: LogQuery, printer: LogPrinter, container: str | None
) -> ExitCode:
    project = open_project(common)
    selection = project.selection
    if container is None:
        refuse_without_roles(selection)

    async def ask(run: RunContext, fleet: Fleet) -> None:
        if container is not None:
            sources = await sources_called(container, fleet)
        else:
            sources = await current_sources(run, fleet, selection.without(fleet.unreachable))
        printer.align(sources)
        await read_logs(fleet, sources, query, printer.line, printer.failure)

    hosts = selection.app_hosts if container is None else selection.hosts
    looked = await look_around(common, project, hosts, ask, command="app logs")
    return looked.code or printer.code
