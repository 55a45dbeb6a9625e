"""What a plan tells of the operator's own machine."""

from dataclasses import replace
from pathlib import Path

import pytest

from backstaff.config.models import Boot, Builder, Config, Registry
from backstaff.errors import BuildFailed
from backstaff.plan.local_steps import ThisMachine, local_steps
from backstaff.plan.plan import Command, Plan, make_plan
from backstaff.plan.selection import select
from backstaff.plan.step import Step
from tests.kamal.builders import a_config, a_role

HOOKS = ("pre-connect", "pre-build", "pre-deploy", "pre-app-boot", "post-app-boot", "post-deploy")
BARE = ThisMachine(arch="amd64", directory=Path("/home/ada/blog"), temporary=Path("/tmp"))
WITH_GIT = replace(BARE, repository=Path("/home/ada/blog"), revision="abc1234")


def a_plan(config: Config, command: Command = Command.DEPLOY, *, skip_push: bool = False) -> Plan:
    return make_plan(config, select(config), "v2", command, skip_push=skip_push)


def steps(
    machine: ThisMachine,
    config: Config | None = None,
    command: Command = Command.DEPLOY,
    *,
    skip_push: bool = False,
) -> tuple[Step, ...]:
    config = config or a_config()
    return local_steps(config, a_plan(config, command, skip_push=skip_push), machine)


def titles(found: tuple[Step, ...]) -> list[str]:
    return [step.title for step in found]


def test_the_image_is_built_here_unless_that_is_skipped() -> None:
    assert [step.line.split()[1] for step in steps(BARE)] == ["build", "push", "push"]
    assert steps(BARE, skip_push=True) == ()
    assert steps(WITH_GIT, command=Command.ROLLBACK) == ()


def test_without_a_repository_the_directory_is_built() -> None:
    assert titles(steps(BARE))[0] == "build image, in /home/ada/blog"


def test_what_is_committed_is_cloned_and_built_where_the_clone_is() -> None:
    clone, build, *_ = steps(WITH_GIT)
    assert clone.title == "clone the repository: only what is committed is built"
    assert [line.split()[0] for line in clone.line.splitlines()] == ["rm", "mkdir", "git"]
    assert build.title == "build image, in /tmp/kamal-clones/app-9a641cfc815fd/blog"


def test_a_clone_that_is_there_is_brought_to_head() -> None:
    clone, *_ = steps(replace(WITH_GIT, has_clone=True))
    assert "reset --hard abc1234" in clone.line
    assert "clone /home" not in clone.line


def test_a_context_of_ones_own_needs_no_clone() -> None:
    config = a_config(builder=Builder(arches=("amd64",), context="."))
    assert titles(steps(WITH_GIT, config))[0] == "build image, in /home/ada/blog"


def test_a_builder_that_is_missing_is_created() -> None:
    machine = replace(BARE, buildx=True)
    create, build = steps(machine)
    assert create.line.startswith("docker buildx create --name kamal-local-docker-container ")
    assert build.title == "build and push image, in /home/ada/blog"
    assert steps(replace(machine, has_builder=True)) == (build,)


def test_what_can_not_be_built_here_is_said() -> None:
    config = a_config(builder=Builder(arches=("arm64",)))
    with pytest.raises(BuildFailed, match="buildx"):
        steps(BARE, config)


def test_without_docker_nothing_is_built_here() -> None:
    without = replace(BARE, arch="")
    with pytest.raises(BuildFailed, match="Docker on this machine does not answer"):
        steps(without)
    assert steps(without, skip_push=True) == ()


def test_the_registry_of_this_machine_is_started_also_where_nothing_is_built() -> None:
    config = a_config(registry=Registry("localhost:5555"))
    (start,) = steps(BARE, config, skip_push=True)
    assert "-p 127.0.0.1:5555:5000" in start.line
    assert steps(BARE, config, Command.ROLLBACK) == ()


def test_hooks_are_told_where_they_run() -> None:
    machine = replace(BARE, hooks=HOOKS)
    assert titles(steps(machine)) == [
        "hook pre-connect, before the first connection",
        "hook pre-build, before the build",
        "build image, in /home/ada/blog",
        "push image",
        "push image",
        "hook pre-deploy, once the lock is taken",
        "hook pre-app-boot, before the boot",
        "hook post-app-boot, after the boot",
        "hook post-deploy, at the end of a run that went well",
    ]
    assert steps(machine)[0].line == ".kamal/hooks/pre-connect"


def test_each_group_has_its_hooks() -> None:
    config = a_config(a_role("web", "h1", "h2", "h3"), boot=Boot(limit=1))
    machine = replace(BARE, hooks=("pre-app-boot", "post-app-boot"))
    assert titles(steps(machine, config, skip_push=True)) == [
        "hook pre-app-boot, before each of 3 groups boots",
        "hook post-app-boot, after each group that is healthy",
    ]


def test_app_boot_has_no_hooks_of_a_deploy() -> None:
    found = titles(steps(replace(BARE, hooks=HOOKS), command=Command.APP_BOOT))
    assert [title.split(",")[0] for title in found] == [
        "hook pre-connect",
        "hook pre-app-boot",
        "hook post-app-boot",
    ]


def test_build_arguments_are_not_shown() -> None:
    config = a_config(builder=Builder(arches=("amd64",), args={"TOKEN": "hunter22"}))
    assert "hunter22" not in "\n".join(step.line for step in steps(replace(BARE, buildx=True), config))
