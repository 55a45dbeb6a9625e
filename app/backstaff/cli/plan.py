"""`backstaff plan`."""

import asyncio
from dataclasses import asdict, dataclass, field, replace

import click

from backstaff.cli.looking import Looked, look, look_around
from backstaff.cli.options import CommonOptions, common_options
from backstaff.cli.past_boots import past_boots
from backstaff.cli.process import run_and_exit
from backstaff.cli.project import Project, open_project
from backstaff.cli.reporting import show_error
from backstaff.cli.standard_output import StandardOutput
from backstaff.cli.target import target_version
from backstaff.cli.this_machine import hook_warnings, this_machine
from backstaff.cli.version_before import version_before
from backstaff.engine.app_state import watches_of
from backstaff.engine.context import RunContext
from backstaff.engine.fleet import Fleet
from backstaff.errors import BackstaffError, BuildFailed, ExitCode, UsageError
from backstaff.headless.plan_text import plan_lines
from backstaff.kamal.names import container_prefix, version_of
from backstaff.plan.local_steps import local_steps
from backstaff.plan.outline import Observed, outline
from backstaff.plan.plan import Command, make_plan
from backstaff.plan.step import Step


@dataclass(frozen=True)
class _Seen:
    """What the hosts show: which version each pair runs, and the one that a rollback would go back to."""

    running: Observed = field(default_factory=dict)
    version_before: str = ""


@click.command()
@click.option("-P", "--skip-push", is_flag=True, help="For an image that is in the registry already.")
@click.option(
    "--for",
    "command",
    type=click.Choice([each.value for each in Command]),
    default=Command.DEPLOY.value,
    show_default=True,
    help="The command to plan.",
)
@click.option("--offline", is_flag=True, help="Do not ask the servers which versions they run.")
@common_options
def plan(common: CommonOptions, skip_push: bool, command: str, offline: bool) -> None:
    """Show what a deploy would do, and prove that it can come to an end. Changes nothing anywhere."""
    run_and_exit(lambda: _plan(common, Command(command), skip_push=skip_push, offline=offline))


async def _plan(common: CommonOptions, command: Command, *, skip_push: bool, offline: bool) -> ExitCode:
    project = open_project(common)
    version = await target_version(project, command, common.version)
    seen, code = _Seen(), ExitCode.DONE
    if not offline:
        try:
            looked = await _look(common, project, finds_version=version is None)
            seen, code = looked.answer, looked.code
        except BackstaffError as error:
            if version is None:
                raise
            show_error(error)
            code = error.exit_code
    version = version or seen.version_before
    if not version:
        raise UsageError(
            "only the servers know the version to roll back to",
            fix="name one with --version, or leave out --offline",
        )
    made = make_plan(project.config, project.selection, version, command, skip_push=skip_push)
    machine, past = await asyncio.gather(
        this_machine(common, project, made),
        asyncio.to_thread(past_boots, project.config, project.selection.roles),
    )
    local: tuple[Step, ...] = ()
    try:
        local = local_steps(project.config, made, machine)
    except BuildFailed as error:
        show_error(error)
        code = code or error.exit_code
    told = outline(project.config, made, seen.running, local)
    found = [
        *map(str, project.config.warnings),
        *hook_warnings(common, project, made),
        *past.warnings,
        *filter(None, [past.trouble]),
    ]
    told = replace(told, warnings=(*told.warnings, *found))
    output = StandardOutput()
    if common.json:
        output.record(asdict(told))
        return code
    for line in plan_lines(told):
        output.line(line)
    return code


async def _look(common: CommonOptions, project: Project, *, finds_version: bool) -> Looked[_Seen]:
    """The version before is asked of all hosts or not at all: one that is away could change it."""

    async def ask(run: RunContext, fleet: Fleet) -> _Seen:
        selection = project.selection.without(fleet.unreachable)
        watches = await watches_of(run, fleet, selection)
        current = {pair: watches[pair.host].current(pair.role) for pair in selection.pairs}
        running = {
            pair: version_of(found.name, container_prefix(run.config, pair.role)) if found else ""
            for pair, found in current.items()
        }
        return _Seen(running, await version_before(run, selection, watches) if finds_version else "")

    hosts = project.selection.app_hosts
    if finds_version:
        return Looked(await look(common, project, hosts, ask, command="plan"), (), ExitCode.DONE)
    return await look_around(common, project, hosts, ask, command="plan")
