"""What `deploy`, `redeploy`, `rollback` and `app boot` have in common."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from backstaff.cli.connecting import connector_for
from backstaff.cli.lock_options import LockOptions
from backstaff.cli.locked import lock_is_inherited
from backstaff.cli.looking import look
from backstaff.cli.options import CommonOptions
from backstaff.cli.past_boots import tell_past_boots
from backstaff.cli.presentation import console_wanted
from backstaff.cli.project import Project, open_project, read_error_pages, read_secrets, runs_hook
from backstaff.cli.running import Call, RecordedRun, called, recorded, run_in_lines
from backstaff.cli.target import target_version, version_before
from backstaff.config.models import OnFailure
from backstaff.engine.alongside import alongside
from backstaff.engine.app_state import watches_of
from backstaff.engine.context import RunContext
from backstaff.engine.deploy import Deploy, DeployOptions
from backstaff.engine.fleet import Fleet
from backstaff.engine.identity import is_dead, this_process
from backstaff.engine.planning import announce_plan
from backstaff.engine.questions import Operator
from backstaff.engine.resume import EarlierRun
from backstaff.errors import ExitCode
from backstaff.events.board import Board
from backstaff.explain.retry import image_is_built, resume_argv
from backstaff.hosts.connect import load_beside
from backstaff.hosts.dials import Dials
from backstaff.plan.plan import Command, Plan, make_plan


@dataclass(frozen=True)
class BootOptions:
    """Options of the commands that boot containers. `version` stands above that of the common options;
    `on_failure` None leaves that to the configuration."""

    skip_push: bool = False
    no_cache: bool = False
    version: str | None = None
    on_failure: OnFailure | None = None
    lock: LockOptions = field(default_factory=LockOptions)


@dataclass(frozen=True)
class Booting:
    """One such command, planned and proved. Everything that it needs from this machine is read.

    `pre_connected`: the hook `pre-connect` has run already. `earlier` is the run that it goes on with.
    `dials` are connections that were begun for it."""

    call: Call
    plan: Plan
    options: BootOptions
    pages: Mapping[str, bytes]
    pre_connected: bool = False
    earlier: EarlierRun | None = None
    dials: Dials | None = None

    def start(self, operator: Operator | None = None) -> RecordedRun:
        """A run of it, ready to be carried out."""
        return recorded(
            self.call,
            command=self.plan.command.value,
            version=self.plan.version,
            work=self._work,
            operator=operator,
        )

    def again(self, board: Board) -> "Booting":
        """What the run of `board` has not done, as far as the hosts then agree that the rest of it is."""
        run = board.run
        if run is None:
            return replace(self, pre_connected=False)
        built = self.options.skip_push or image_is_built(board)
        options = replace(self.options, skip_push=built, no_cache=self.options.no_cache and not built)
        return replace(
            self,
            call=replace(self.call, argv=resume_argv(run)),
            plan=planned(self.call.project, self.plan.version, self.plan.command, options),
            options=options,
            pre_connected=False,
            earlier=EarlierRun.of(board).after(self.earlier),
            dials=None,
        )

    async def _work(self, run: RunContext) -> None:
        announce_plan(run, self.plan)
        deploy_options = DeployOptions(
            skip_push=self.options.skip_push,
            skip_hooks=self.call.common.skip_hooks,
            no_cache=self.options.no_cache,
            lock_inherited=lock_is_inherited(run.environ),
            pre_connected=self.pre_connected,
            resumes=self.earlier,
            patience=self.options.lock.patience(run.config),
            error_pages=self.pages,
        )
        connector = connector_for(run.config, run.revealed, run.asking, self.dials)
        owner = this_process(run.run_id)
        try:
            async with alongside(tell_past_boots(run, self.plan.selection.roles)):
                await Deploy(run, self.plan, connector, owner, is_dead, deploy_options).carry_out()
        finally:
            if self.dials is not None:
                self.dials.close()


async def boot(common: CommonOptions, command: Command, options: BootOptions) -> ExitCode:
    """Plan, prove, and carry out. What is wrong on this machine is found before any host is touched."""
    dials = Dials()
    try:
        return await carry_out(await _prepared(common, command, options, dials))
    finally:
        dials.close()


async def carry_out(booting: Booting) -> ExitCode:
    """Carry out what is planned, in the console or in plain lines."""
    common = booting.call.common
    if not console_wanted(no_tui=common.no_tui, as_json=common.json, quiet=common.quiet):
        return await run_in_lines(booting.start())
    # Comes with Textual, which takes its time and is for terminals only.
    from backstaff.cli.console_session import DeploySession
    from backstaff.cli.in_console import run_in_console

    return await run_in_console(lambda group: DeploySession(group, booting))


async def _prepared(common: CommonOptions, command: Command, options: BootOptions, dials: Dials) -> Booting:
    project = open_project(common)
    # A vault takes its time to give the secrets.
    load_beside()
    secrets = await read_secrets(common, project)
    version = await target_version(project, command, options.version or common.version)
    looked = version is None
    if version is None:
        version = await _version_on_hosts(common, project)
    plan = planned(project, version, command, options)
    pages = read_error_pages(project)
    call = await called(common, project, secrets)
    if looked or not runs_hook(common, project, "pre-connect"):
        dials.begin(plan.hosts, project.config.ssh, project.config.sshkit)
    return Booting(call, plan, options, pages, pre_connected=looked, dials=dials)


async def _version_on_hosts(common: CommonOptions, project: Project) -> str:
    """The version to roll back to where none is given."""
    selection = project.selection

    async def find(run: RunContext, fleet: Fleet) -> str:
        return await version_before(run, selection, await watches_of(run, fleet, selection))

    return await look(common, project, selection.app_hosts, find, command="rollback")


def planned(project: Project, version: str, command: Command, options: BootOptions) -> Plan:
    """The plan for everything that is selected. Raises `PlanRefused` and `UsageError`."""
    return make_plan(
        project.config,
        project.selection,
        version,
        command,
        skip_push=options.skip_push,
        on_failure=options.on_failure,
    )
