"""Where the image is built: a clean clone of the repository, so that nothing uncommitted slips in."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from backstaff.engine.context import RunContext
from backstaff.engine.local_commands import LocalCommands, last_words
from backstaff.errors import BuildFailed
from backstaff.events.types import Notice
from backstaff.kamal.build_clone import (
    build_dir,
    check_commands,
    clone_dir,
    new_clone_commands,
    reset_commands,
)

_NAMED_CHANGES = 20


class BuildDirectory:
    """Makes the directory that one run builds in."""

    def __init__(self, run: RunContext, commands: LocalCommands) -> None:
        self._run = run
        self._commands = commands

    async def make(self) -> Path:
        """The working directory's place in a clone of HEAD; the working directory itself where a context
        is set or there is no repository."""
        top = await self._commands.ask(["git", "rev-parse", "--show-toplevel"])
        if top.status != 0:
            return self._run.directory
        if not self._run.config.builder.wants_git_clone:
            await self._tell_uncommitted("in the image although they are not committed")
            return self._run.directory
        await self._tell_uncommitted("not in the image, since they are not committed")
        root = Path(top.stdout.strip())
        with self._run.report.step("clone the repository", detail=str(root)):
            return await self._clean_clone(root)

    async def _tell_uncommitted(self, fate: str) -> None:
        status = await self._commands.ask(["git", "status", "--porcelain"])
        changes = [line[3:] for line in status.stdout.splitlines()]
        if not changes:
            return
        named = ", ".join(changes[:_NAMED_CHANGES])
        more = f" and {len(changes) - _NAMED_CHANGES} more" if len(changes) > _NAMED_CHANGES else ""
        self._run.stream.emit(Notice(level="warning", text=f"{fate}: {named}{more}"))

    async def _clean_clone(self, root: Path) -> Path:
        config, temp, cwd = self._run.config, Path(tempfile.gettempdir()), self._run.directory
        head = (await self._commands.ask(["git", "rev-parse", "HEAD"])).stdout.strip()
        clone, build = clone_dir(config, temp, cwd), build_dir(config, temp, cwd, root)
        repository = clone / root.name
        if (repository / ".git").is_dir() and await self._reset(repository, root, head):
            return build
        for command in new_clone_commands(clone, root):
            await self._must(command)
        if not await self._is_clean(repository, head):
            raise BuildFailed("the clone differs from HEAD", where=str(repository))
        return build

    async def _reset(self, repository: Path, root: Path, head: str) -> bool:
        for command in reset_commands(repository, root, head):
            if (await self._commands.ask(command)).status != 0:
                return False
        return await self._is_clean(repository, head)

    async def _is_clean(self, repository: Path, head: str) -> bool:
        status, revision = check_commands(repository)
        if (await self._commands.ask(status)).stdout.strip():
            return False
        return (await self._commands.ask(revision)).stdout.strip() == head

    async def _must(self, argv: Sequence[str]) -> None:
        result = await self._commands.ask(argv)
        if result.status != 0:
            raise BuildFailed(f"`{' '.join(argv)}` failed", evidence=last_words(result))
