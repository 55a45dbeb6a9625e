"""What a plan tells of the operator's machine: how it would build, and which hooks it has."""

import asyncio
import os
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from backstaff.cli.options import CommonOptions
from backstaff.cli.project import Project
from backstaff.config.commands import CommandUnavailable, run_async
from backstaff.engine.image import architecture
from backstaff.kamal.build import builder_name
from backstaff.plan.local_steps import ThisMachine, hooks_of
from backstaff.plan.plan import Plan

_WITHIN_S = 10.0


async def this_machine(common: CommonOptions, project: Project, plan: Plan) -> ThisMachine:
    """Look around here for what the plan needs. Changes nothing; a program that is missing or does not answer
    is told as absent."""
    config = project.config
    machine, buildx, top, revision = await asyncio.gather(
        _printed(project, "docker", "info", "--format", "{{.Architecture}}"),
        _printed(project, "docker", "buildx", "version"),
        _printed(project, "git", "rev-parse", "--show-toplevel"),
        _printed(project, "git", "rev-parse", "HEAD"),
    )
    arch = architecture(machine or "")
    builder = builder_name(config, arch) if buildx is not None and arch else ""
    inspect = ("docker", "buildx", "inspect", builder)
    found = ThisMachine(
        arch=arch,
        directory=project.directory,
        temporary=Path(tempfile.gettempdir()),
        buildx=buildx is not None,
        has_builder=bool(builder) and await _printed(project, *inspect) is not None,
        repository=Path(top) if top else None,
        revision=revision or "",
        hooks=() if common.skip_hooks else tuple(path.name for path in _hook_files(project, plan)),
    )
    clone = found.clone_of(config)
    return replace(found, has_clone=clone is not None and (clone / ".git").is_dir())


def hook_warnings(common: CommonOptions, project: Project, plan: Plan) -> Sequence[str]:
    """Hooks that would make a run of the plan fail, as they are now."""
    if common.skip_hooks:
        return ()
    stuck = [path for path in _hook_files(project, plan) if not os.access(path, os.X_OK)]
    return [f"hook {path.name} is not executable, so the run fails there: chmod +x {path}" for path in stuck]


def _hook_files(project: Project, plan: Plan) -> Sequence[Path]:
    directory = project.directory / project.config.hooks_path
    return [directory / name for name in hooks_of(plan) if (directory / name).is_file()]


async def _printed(project: Project, *command: str) -> str | None:
    """What a program prints; None if it fails."""
    try:
        ended = await run_async(command, cwd=project.directory, environ=project.environ, timeout_s=_WITHIN_S)
    except CommandUnavailable:
        return None
    return ended.stdout.strip() if ended.status == 0 else None
