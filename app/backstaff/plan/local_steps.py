"""What a run does on the operator's own machine: hooks, a registry there, the clone, the build, the push.

As on the hosts, the lines come from the functions that the run itself uses.
"""

import shlex
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from backstaff.config.models import Config
from backstaff.events.facts import Phase
from backstaff.kamal.build import (
    LOCAL_REGISTRY_START,
    builder_name,
    buildx_commands,
    create_builder_commands,
    no_docker,
    plain_commands,
)
from backstaff.kamal.build_clone import build_dir, clone_dir, new_clone_commands, reset_commands
from backstaff.plan.plan import Plan
from backstaff.plan.step import Step


@dataclass(frozen=True)
class ThisMachine:
    """What decides how this machine builds. Commands run in `directory`, clones are made under `temporary`.

    `arch` is the architecture that Docker here builds for (`amd64`), empty if it does not answer.
    `repository` is the top of the git repository around the directory, None where there is none, and
    `revision` its HEAD; `has_clone` tells whether an earlier build has left its clone. `has_builder`:
    whether buildx has the builder that is needed. `hooks` are the names of those that will run.
    """

    arch: str
    directory: Path
    temporary: Path
    buildx: bool = False
    has_builder: bool = False
    repository: Path | None = None
    revision: str = ""
    has_clone: bool = False
    hooks: Collection[str] = ()

    def clone_of(self, config: Config) -> Path | None:
        """Where the image is built from a clone, its place; None where the directory itself is built."""
        if self.repository is None or not config.builder.wants_git_clone:
            return None
        return clone_dir(config, self.temporary, self.directory) / self.repository.name


def hooks_of(plan: Plan) -> tuple[str, ...]:
    """The hooks that a run of the plan calls, where they are there."""
    around = ("pre-deploy", "post-deploy") if plan.command.runs_deploy_hooks else ()
    build = ("pre-build",) if Phase.BUILD in plan.phases else ()
    return ("pre-connect", *build, *around, "pre-app-boot", "post-app-boot")


def local_steps(config: Config, plan: Plan, machine: ThisMachine) -> tuple[Step, ...]:
    """Every change made on this machine, in order. What a run has for itself, its journal and a login to the
    registry for as long as it builds, is left out. Raises BuildFailed if the image can not be built here."""
    return (
        *_hook(config, machine, "pre-connect", "before the first connection"),
        *_registry(config, plan),
        *(_build(config, plan, machine) if Phase.BUILD in plan.phases else ()),
        *_hooks_of_the_run(config, plan, machine),
    )


def _hooks_of_the_run(config: Config, plan: Plan, machine: ThisMachine) -> Iterator[Step]:
    several = len(plan.groups) > 1
    times = {
        "pre-deploy": "once the lock is taken",
        "pre-app-boot": f"before each of {len(plan.groups)} groups boots" if several else "before the boot",
        "post-app-boot": "after each group that is healthy" if several else "after the boot",
        "post-deploy": "at the end of a run that went well",
    }
    for name, when in times.items():
        if name in hooks_of(plan):
            yield from _hook(config, machine, name, when)


def _hook(config: Config, machine: ThisMachine, name: str, when: str) -> Iterator[Step]:
    if name in machine.hooks:
        yield Step(f"hook {name}, {when}", shlex.quote(str(PurePath(config.hooks_path) / name)))


def _registry(config: Config, plan: Plan) -> Iterator[Step]:
    port = config.registry.local_port
    if port is not None and plan.command.brings_image:
        yield Step("start the local registry, unless it runs", LOCAL_REGISTRY_START.format(port=port))


def _build(config: Config, plan: Plan, machine: ThisMachine) -> Iterator[Step]:
    if not machine.arch:
        raise no_docker()
    make = buildx_commands if machine.buildx else plain_commands
    build, *pushes = make(config, plan.version, local_arch=machine.arch)
    yield from _hook(config, machine, "pre-build", "before the build")
    yield from _clone(config, machine)
    name = builder_name(config, machine.arch)
    if machine.buildx and name and not machine.has_builder:
        for command in create_builder_commands(config, name):
            yield Step("create the builder, which is missing", command.shown)
    does = "build image" if pushes else "build and push image"
    yield Step(f"{does}, in {_built_in(config, machine)}", build.shown)
    for push in pushes:
        yield Step("push image", push.shown)


def _clone(config: Config, machine: ThisMachine) -> Iterator[Step]:
    clone, root = machine.clone_of(config), machine.repository
    if clone is None or root is None:
        return
    if machine.has_clone:
        title = "bring the clone of the last build to HEAD: only what is committed is built"
        yield Step(title, _lines(reset_commands(clone, root, machine.revision)))
    else:
        commands = new_clone_commands(clone.parent, root)
        yield Step("clone the repository: only what is committed is built", _lines(commands))


def _built_in(config: Config, machine: ThisMachine) -> Path:
    root = machine.repository
    if machine.clone_of(config) is None or root is None:
        return machine.directory
    return build_dir(config, machine.temporary, machine.directory, root)


def _lines(commands: Sequence[Sequence[str]]) -> str:
    return "\n".join(map(shlex.join, commands))
