"""The runs of `deploy`, `redeploy`, `rollback` and `app boot`, and of what goes on with one of them."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from backstaff.cli.connecting import connector_for
from backstaff.cli.locked import lock_is_inherited
from backstaff.cli.past_boots import tell_past_boots
from backstaff.cli.preparing import BootOptions, Prepared, planned
from backstaff.cli.presentation import console_wanted
from backstaff.cli.running import Call, RecordedRun, recorded, run_in_lines
from backstaff.engine.alongside import alongside
from backstaff.engine.context import RunContext
from backstaff.engine.deploy import Deploy, DeployOptions
from backstaff.engine.identity import is_dead, this_process
from backstaff.engine.performer import Performer
from backstaff.engine.planning import announce_plan
from backstaff.engine.questions import Operator
from backstaff.engine.resume import EarlierRun
from backstaff.errors import ExitCode
from backstaff.events.board import Board
from backstaff.explain.retry import image_is_built, resume_argv
from backstaff.hosts.dials import Dials
from backstaff.plan.plan import Plan


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


def ready(
    prepared: Prepared,
    performer: Performer,
    dials: Dials,
    argv: Sequence[str] | None = None,
    earlier: EarlierRun | None = None,
) -> Booting:
    """What is prepared, once it is known who does it; `argv` None means this process's own command line."""
    words = tuple(sys.argv[1:] if argv is None else argv)
    return Booting(
        Call(prepared.common, prepared.project, prepared.secrets, performer, words),
        prepared.plan,
        prepared.options,
        prepared.pages,
        pre_connected=prepared.pre_connected,
        earlier=earlier,
        dials=dials,
    )


async def carry_out(booting: Booting) -> ExitCode:
    """Carry out what is planned, in the console or in plain lines."""
    common = booting.call.common
    if not console_wanted(no_tui=common.no_tui, as_json=common.json, quiet=common.quiet):
        return await run_in_lines(booting.start())
    # Comes with Textual, which takes its time and is for terminals only.
    from backstaff.cli.console_session import DeploySession
    from backstaff.cli.in_console import run_in_console

    return await run_in_console(lambda group: DeploySession(group, booting))
