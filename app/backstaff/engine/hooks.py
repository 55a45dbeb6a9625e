"""Hooks: programs of the operator's own that run on this machine at fixed points of a run."""

import os
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path

from backstaff.config.models import HookVerbosity
from backstaff.engine.context import RunContext
from backstaff.engine.local_output import within_budget
from backstaff.engine.waits import Ongoing, Wait
from backstaff.errors import HookFailed
from backstaff.events.facts import WaitKind
from backstaff.events.types import CommandRun, Output
from backstaff.hosts.local import LocalResult, OnLine, run_local
from backstaff.kamal.hook_env import HOOKS_WITH_SECRETS, HookContext, hook_env

_LAST_LINES = 10


class Hooks:
    """The hooks of one run. `skip` leaves out all of them."""

    def __init__(
        self, run: RunContext, *, hosts: Sequence[str], roles: Sequence[str] = (), skip: bool = False
    ) -> None:
        self._run = run
        self._hosts = tuple(hosts)
        self._roles = tuple(roles)
        self._skip = skip
        self.locked = False

    def has(self, name: str) -> bool:
        """Whether there is such a hook, and it is to be run."""
        return not self._skip and self._path(name).is_file()

    async def run(
        self, name: str, *, hosts: Sequence[str] | None = None, runtime_s: float | None = None
    ) -> None:
        """Run one hook if its file is there. Raises `HookFailed` with the last lines it wrote."""
        if not self.has(name):
            return
        path = self._path(name)
        if not os.access(path, os.X_OK):
            raise HookFailed(f"hook {name} is not executable", where=str(path), fix=f"chmod +x {path}")
        wait = Wait(WaitKind.HOOK, f"hook {name}", str(path), self._run.timeouts.hook)
        lines: deque[str] = deque(maxlen=_LAST_LINES)
        shown = self._run.config.hooks_output.of(name) is not HookVerbosity.QUIET

        def show(stream: str, text: str) -> None:
            if shown:
                self._run.stream.emit(Output(source="hook", name=name, stream=stream, text=text))

        async def work(_: Ongoing) -> LocalResult:
            environment = self._environment(name, hosts, runtime_s)
            with within_budget(self._run.clock, show) as told:

                def take(stream: str, text: str) -> None:
                    lines.append(text)
                    told(stream, text)

                return await self._start(path, environment, take)

        began = self._run.clock.now()
        with self._run.report.step(f"hook {name}"):
            result = await self._run.waits.wait(wait, work)
            took = self._run.clock.now() - began
            self._run.stream.emit(CommandRun(line=str(path), took_s=took, status=result.status))
            if result.status != 0:
                raise HookFailed(
                    f"hook {name} ended with status {result.status}",
                    where=str(path),
                    evidence=tuple(lines),
                    fix="mend the hook, or leave hooks out with --skip-hooks",
                )

    def _path(self, name: str) -> Path:
        return self._run.directory / self._run.config.hooks_path / name

    async def _start(self, path: Path, environment: Mapping[str, str], take: OnLine) -> LocalResult:
        try:
            return await run_local([str(path)], env=environment, cwd=self._run.directory, on_line=take)
        except OSError as error:
            raise HookFailed(
                f"hook {path.name} could not be started: {error.strerror}",
                where=str(path),
                fix="let its first line, such as #!/bin/sh, name a program of this machine",
            ) from error

    def _environment(
        self, name: str, hosts: Sequence[str] | None, runtime_s: float | None
    ) -> Mapping[str, str]:
        run = self._run
        command, _, subcommand = run.command.partition(" ")
        context = HookContext(
            at=run.clock.wall(),
            performer=run.performer.email,
            version=run.version,
            hosts=self._hosts if hosts is None else tuple(hosts),
            command=command,
            subcommand=subcommand,
            roles=self._roles,
            lock_held=self.locked,
            runtime_s=runtime_s,
        )
        secrets = run.revealed if name in HOOKS_WITH_SECRETS else {}
        return {**run.environ, **hook_env(run.config, context, secrets)}
