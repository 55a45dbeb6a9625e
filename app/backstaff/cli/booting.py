"""What `deploy`, `redeploy`, `rollback` and `app boot` have in common."""

from dataclasses import dataclass, field

from backstaff.cli.connecting import connector_for
from backstaff.cli.lock_options import LockOptions
from backstaff.cli.locked import lock_is_inherited
from backstaff.cli.looking import look
from backstaff.cli.options import CommonOptions
from backstaff.cli.project import Project, open_project, read_error_pages, read_secrets
from backstaff.cli.running import run_recorded
from backstaff.cli.target import target_version, version_before
from backstaff.engine.app_state import watches_of
from backstaff.engine.context import RunContext
from backstaff.engine.deploy import Deploy, DeployOptions
from backstaff.engine.fleet import Fleet
from backstaff.engine.identity import is_dead, this_process
from backstaff.engine.planning import announce_plan
from backstaff.errors import ExitCode
from backstaff.plan.plan import Command, make_plan


@dataclass(frozen=True)
class BootOptions:
    """Options of the commands that boot containers. `version` stands above that of the common options."""

    skip_push: bool = False
    no_cache: bool = False
    version: str | None = None
    lock: LockOptions = field(default_factory=LockOptions)


async def boot(common: CommonOptions, command: Command, options: BootOptions) -> ExitCode:
    """Plan, prove, and carry out. What is wrong on this machine is found before any host is touched."""
    project = open_project(common)
    secrets = await read_secrets(common, project)
    version = await target_version(project, command, options.version or common.version)
    looked = version is None
    if version is None:
        version = await _version_on_hosts(common, project)
    plan = make_plan(project.config, project.selection, version, command, skip_push=options.skip_push)
    pages = read_error_pages(project)

    async def work(run: RunContext) -> None:
        announce_plan(run, plan)
        deploy_options = DeployOptions(
            skip_push=options.skip_push,
            skip_hooks=common.skip_hooks,
            no_cache=options.no_cache,
            lock_inherited=lock_is_inherited(project.environ),
            pre_connected=looked,
            patience=options.lock.patience(run.config),
            error_pages=pages,
        )
        connector = connector_for(run.config, run.revealed)
        owner = this_process(run.run_id)
        await Deploy(run, plan, connector, owner, is_dead, deploy_options).carry_out()

    return await run_recorded(
        common, project, secrets, command=command.value, version=plan.version, work=work
    )


async def _version_on_hosts(common: CommonOptions, project: Project) -> str:
    """The version to roll back to where none is given."""
    selection = project.selection

    async def find(run: RunContext, fleet: Fleet) -> str:
        return await version_before(run, selection, await watches_of(run, fleet, selection))

    return await look(common, project, selection.app_hosts, find, command="rollback")
