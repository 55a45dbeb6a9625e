"""The console's session over real hosts: `deploy`, `redeploy`, `rollback`, `app boot`."""

import asyncio
from collections.abc import AsyncGenerator, Sequence

from backstaff.cli.backstage import Backstage
from backstaff.cli.booting import Booting
from backstaff.cli.connecting import connector_for
from backstaff.cli.following import Followed, follow
from backstaff.cli.plain_lines import PlainLines
from backstaff.cli.running import context_of
from backstaff.cli.ssh_shell import SshShell
from backstaff.console.session import FollowedLine, RunInfo, Stage
from backstaff.engine.context import RunContext
from backstaff.engine.questions import KeyPurpose
from backstaff.errors import ExitCode
from backstaff.events.board import Board
from backstaff.events.redact import Redactor
from backstaff.kamal.registry import credential_text


class DeploySession(Backstage):
    """Carries out one command, and what is left of it as often as the operator asks."""

    scope = frozenset({"retry", "follow", "shell", "export"})

    def __init__(self, group: asyncio.TaskGroup, booting: Booting) -> None:
        super().__init__(group, PlainLines(verbose=booting.call.common.verbose))
        self._booting = booting
        run = self._look()
        keys = [credential_text(each, run.revealed) for each in run.config.ssh.key_data]
        self._shell = SshShell(run.config.ssh, keys)

    @property
    def redactor(self) -> Redactor:
        """Masks the secrets of the configuration."""
        return self._booting.call.redactor

    async def begin(self, stage: Stage | None) -> ExitCode:
        """Carry out the command."""
        return await self._carry_out(self._booting, stage)

    async def retry(self, stage: Stage, board: Board) -> ExitCode:
        """Carry out what the run of `board` has not done, with the configuration and the secrets that were
        read for the first one. Raises `PlanRefused`."""
        booting = self._booting.again(board)
        if not self.going_on:
            # What is known of the runs so far is known to the next retry too.
            self._booting = booting
        return await self._carry_out(booting, stage)

    def follow(self, host: str, role: str, container: str) -> AsyncGenerator[FollowedLine, None]:
        """What a container writes, over a connection of its own."""
        run = self._look()
        asking = run.asking and run.asking.on_behalf_of(KeyPurpose.FOLLOW)
        connector = connector_for(run.config, run.revealed, asking)
        return follow(self, Followed(run, connector, host, role, container))

    def shell(self, host: str, container: str) -> Sequence[str]:
        """OpenSSH, as deploy.yml has it."""
        return self._shell.command(host, container)

    def close(self) -> None:
        """Also remove what the shell's command needed."""
        super().close()
        self._shell.close()

    async def _carry_out(self, booting: Booting, stage: Stage | None) -> ExitCode:
        recorded = booting.start(self.operator)
        sinks = self.sinks(stage, RunInfo(journal=recorded.journal.path))
        cancellation = self.cancellation(recorded.leave)
        work = recorded.carry_out(sinks, cancellation, self.lines.warn)
        return await self.carry_out(work, cancellation)

    def _look(self) -> RunContext:
        return context_of(self._booting.call, command="app logs", version="", operator=self.operator)
