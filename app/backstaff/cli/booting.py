"""What `deploy`, `redeploy`, `rollback` and `app boot` have in common."""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from backstaff.cli.connecting import connector_for
from backstaff.cli.lock_options import LockOptions
from backstaff.cli.locked import lock_is_inherited
from backstaff.cli.looking import look
from backstaff.cli.options import CommonOptions
from backstaff.cli.presentation import console_wanted
from backstaff.cli.project import Project, open_project, read_error_pages, read_secrets
from backstaff.cli.running import Call, RecordedRun, called, recorded, run_in_lines
from backstaff.cli.target import target_version, version_before
from backstaff.engine.app_state import watches_of
from backstaff.engine.context import RunContext
from backstaff.engine.deploy import Deploy, DeployOptions
from backstaff.engine.fleet import Fleet
from backstaff.engine.identity import is_dead, this_process
from backstaff.engine.planning import announce_plan
from backstaff.engine.questions import Operator
from backstaff.errors import ExitCode
from backstaff.events.board import Board
from backstaff.explain.retry import hosts_to_retry, retry_command
from backstaff.plan.plan import Command, Plan, make_plan
from backstaff.plan.selection import select

_PATTERN_CHARACTERS = re.compile(r"[\\\[\]{}*?]")


@dataclass(frozen=True)
class BootOptions:
    """Options of the commands that boot containers. `version` stands above that of the common options."""

    skip_push: bool = False
    no_cache: bool = False
    version: str | None = None
    lock: LockOptions = field(default_factory=LockOptions)


@dataclass(frozen=True)
class Booting:
    """One such command, planned and proved. Everything that it needs from this machine is read.

    `pre_connected`: the hook `pre-connect` has run already."""

    call: Call
    plan: Plan
    options: BootOptions
    pages: Mapping[str, bytes]
    pre_connected: bool = False

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
        """What the run of `board` has not done: the same command, for the hosts that are not done yet.
        Raises `PlanRefused`."""
        whole = replace(self.call, argv=shlex.split(retry_command(board))[1:])
        hosts = hosts_to_retry(board)
        if not hosts:
            return replace(self, call=whole, pre_connected=False)
        config = self.call.project.config
        selection = select(config, hosts=[_literally(host) for host in hosts], roles=self.call.common.roles)
        # The image of this version is built already: it only has to be pulled.
        options = replace(self.options, skip_push=True, no_cache=False)
        return Booting(
            replace(whole, project=replace(self.call.project, selection=selection)),
            make_plan(config, selection, self.plan.version, self.plan.command, skip_push=True),
            options,
            self.pages,
        )

    async def _work(self, run: RunContext) -> None:
        announce_plan(run, self.plan)
        deploy_options = DeployOptions(
            skip_push=self.options.skip_push,
            skip_hooks=self.call.common.skip_hooks,
            no_cache=self.options.no_cache,
            lock_inherited=lock_is_inherited(run.environ),
            pre_connected=self.pre_connected,
            patience=self.options.lock.patience(run.config),
            error_pages=self.pages,
        )
        connector = connector_for(run.config, run.revealed, run.asking)
        owner = this_process(run.run_id)
        await Deploy(run, self.plan, connector, owner, is_dead, deploy_options).carry_out()


async def boot(common: CommonOptions, command: Command, options: BootOptions) -> ExitCode:
    """Plan, prove, and carry out. What is wrong on this machine is found before any host is touched."""
    booting = await _prepared(common, command, options)
    if not console_wanted(no_tui=common.no_tui, as_json=common.json, quiet=common.quiet):
        return await run_in_lines(booting.start())
    # Comes with Textual, which takes its time and is for terminals only.
    from backstaff.cli.console_session import DeploySession
    from backstaff.cli.in_console import run_in_console

    return await run_in_console(lambda group: DeploySession(group, booting))


async def _prepared(common: CommonOptions, command: Command, options: BootOptions) -> Booting:
    project = open_project(common)
    secrets = await read_secrets(common, project)
    version = await target_version(project, command, options.version or common.version)
    looked = version is None
    if version is None:
        version = await _version_on_hosts(common, project)
    plan = make_plan(project.config, project.selection, version, command, skip_push=options.skip_push)
    pages = read_error_pages(project)
    return Booting(await called(common, project, secrets), plan, options, pages, pre_connected=looked)


async def _version_on_hosts(common: CommonOptions, project: Project) -> str:
    """The version to roll back to where none is given."""
    selection = project.selection

    async def find(run: RunContext, fleet: Fleet) -> str:
        return await version_before(run, selection, await watches_of(run, fleet, selection))

    return await look(common, project, selection.app_hosts, find, command="rollback")


def _literally(host: str) -> str:
    """A pattern that matches this host alone."""
    return _PATTERN_CHARACTERS.sub(r"\\\g<0>", host)
