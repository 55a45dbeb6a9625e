"""The image: built on this machine from a clean clone, and pushed to the registry."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path

from backstaff.engine.build_directory import BuildDirectory
from backstaff.engine.context import RunContext
from backstaff.engine.docker_config import signed_in
from backstaff.engine.hooks import Hooks
from backstaff.engine.local_commands import LocalCommands, last_words
from backstaff.engine.local_registry import ensure_local_registry
from backstaff.errors import BuildFailed
from backstaff.explain.docker_errors import push_refused
from backstaff.kamal.build import (
    LocalCommand,
    builder_name,
    buildx_commands,
    create_builder_commands,
    no_docker,
    plain_commands,
)
from backstaff.kamal.registry import auth_server, credential_text, docker_server

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def architecture(machine: str) -> str:
    """What images call the architecture of a machine: `amd64` for `x86_64`."""
    return _ARCHITECTURES.get(machine, machine)


class ImageBuild:
    """Builds and pushes the image of a run's version."""

    def __init__(self, run: RunContext, hooks: Hooks, *, no_cache: bool = False) -> None:
        self._run = run
        self._hooks = hooks
        self._no_cache = no_cache
        secrets = {name: run.revealed[name] for name in run.config.builder.secrets}
        self._environment = {**run.environ, **secrets}
        self._commands = LocalCommands(run, self._environment)

    async def build_and_push(self) -> None:
        """Do it all. Raises `BuildFailed` with the last lines of the command that failed."""
        config = self._run.config
        arch = await self._local_arch()
        has_buildx = (await self._commands.ask(["docker", "buildx", "version"])).status == 0
        make = buildx_commands if has_buildx else plain_commands
        commands = make(config, self._run.version, local_arch=arch, no_cache=self._no_cache)
        await ensure_local_registry(self._run)
        await self._hooks.run("pre-build")
        directory = await BuildDirectory(self._run, self._commands).make()
        if not (directory / config.builder.dockerfile).is_file():
            raise BuildFailed(
                f"there is no {config.builder.dockerfile}",
                where=str(directory),
                fix="commit it, or name it under builder.dockerfile",
            )
        with self._login():
            if has_buildx:
                await self._ensure_builder(arch)
            for command in commands:
                await self._build(command, directory)

    async def _local_arch(self) -> str:
        result = await self._commands.ask(["docker", "info", "--format", "{{.Architecture}}"])
        machine = result.stdout.strip()
        if result.status != 0 or not machine:
            raise no_docker(last_words(result))
        return architecture(machine)

    @contextmanager
    def _login(self) -> Iterator[None]:
        """While open, builds and pushes have the registry's login; it is in no argv and stays nowhere."""
        registry, secrets = self._run.config.registry, self._run.revealed
        username = credential_text(registry.username, secrets)
        password = credential_text(registry.password, secrets)
        if not username and not password:
            yield
            return
        with signed_in(self._run.environ, docker_server(registry), username, password) as variables:
            self._commands = LocalCommands(self._run, {**self._environment, **variables})
            yield

    async def _ensure_builder(self, arch: str) -> None:
        name = builder_name(self._run.config, arch)
        if not name or (await self._commands.ask(["docker", "buildx", "inspect", name])).status == 0:
            return
        for command in create_builder_commands(self._run.config, name):
            await self._build(command, self._run.directory)

    async def _build(self, command: LocalCommand, directory: Path) -> None:
        title = " ".join(takewhile(lambda word: not word.startswith("-"), command.shown.split()[:3]))
        with self._run.report.step(title):
            result = await self._commands.build(command.line, command.shown, directory)
            if result.status == 0:
                return
            if push_refused(command.shown, f"{result.stdout}\n{result.stderr}"):
                raise BuildFailed(
                    "the registry refused the login",
                    where=auth_server(self._run.config.registry),
                    evidence=last_words(result),
                    fix="check registry.username and registry.password: may this account push the image?",
                )
            raise BuildFailed(
                f"{title} ended with status {result.status}",
                where=str(directory),
                evidence=last_words(result),
                fix="the whole output is above, and in the run's journal",
            )
