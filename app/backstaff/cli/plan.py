"""`backstaff plan`."""

import asyncio
import json
import os
import platform
import sys
from dataclasses import asdict

import click

from backstaff.cli.looking import look
from backstaff.cli.options import CommonOptions, common_options
from backstaff.cli.project import Project, open_project
from backstaff.cli.reporting import show_error
from backstaff.cli.running import run_and_exit
from backstaff.config.commands import CommandUnavailable, run_async
from backstaff.config.version import resolve_version
from backstaff.engine.app_state import watches_of
from backstaff.engine.context import RunContext
from backstaff.engine.fleet import Fleet
from backstaff.engine.image import architecture
from backstaff.errors import BackstaffError, ExitCode
from backstaff.headless.colour import Paint, colour_wanted
from backstaff.headless.outlet import Outlet
from backstaff.headless.plan_text import plan_lines
from backstaff.kamal.names import container_prefix, version_of
from backstaff.plan.outline import Observed, outline
from backstaff.plan.plan import Command, make_plan

_DOCKER_WITHIN_S = 10.0


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
    version = await resolve_version(
        project.config, common.version, environ=project.environ, cwd=project.directory
    )
    made = make_plan(project.config, project.selection, version, command, skip_push=skip_push)
    observed: Observed = {}
    code = ExitCode.DONE
    if not offline:
        try:
            observed = await _observe(common, project)
        except BackstaffError as error:
            show_error(error)
            code = error.exit_code
    arch, buildx = await asyncio.gather(_local_arch(project), _has_buildx(project))
    told = outline(project.config, made, observed, local_arch=arch, buildx=buildx)
    outlet = Outlet(sys.stdout)
    if common.json:
        outlet.line(json.dumps(asdict(told), ensure_ascii=False))
        return code
    for line in plan_lines(told, Paint(enabled=colour_wanted(sys.stdout, os.environ))):
        outlet.line(line)
    return code


async def _observe(common: CommonOptions, project: Project) -> Observed:
    """Which version each pair runs now."""
    selection = project.selection

    async def ask(run: RunContext, fleet: Fleet) -> Observed:
        watches = await watches_of(run, fleet, selection)
        current = {pair: watches[pair.host].current(pair.role) for pair in selection.pairs}
        return {
            pair: version_of(found.name, container_prefix(run.config, pair.role)) if found else ""
            for pair, found in current.items()
        }

    return await look(common, project, selection.app_hosts, ask, command="plan")


async def _local_arch(project: Project) -> str:
    """The architecture that Docker here builds for; without Docker, the machine's own."""
    return architecture(await _docker(project, "info", "--format", "{{.Architecture}}") or platform.machine())


async def _has_buildx(project: Project) -> bool:
    return bool(await _docker(project, "buildx", "version"))


async def _docker(project: Project, *arguments: str) -> str:
    try:
        ended = await run_async(
            ["docker", *arguments],
            cwd=project.directory,
            environ=project.environ,
            timeout_s=_DOCKER_WITHIN_S,
        )
    except CommandUnavailable:
        return ""
    return ended.stdout.strip() if ended.status == 0 else ""
