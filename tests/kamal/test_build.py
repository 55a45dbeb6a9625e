import shutil
import subprocess
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from backstaff.config.models import BuildCache, Builder, CacheType, Registry
from backstaff.errors import BuildFailed
from backstaff.kamal.build import builder_name, buildx_commands, create_builder_commands, plain_commands
from backstaff.kamal.build_clone import (
    build_dir,
    check_commands,
    clone_dir,
    new_clone_commands,
    reset_commands,
)
from tests.kamal.builders import a_config

AMD = Builder(arches=("amd64",))
BOTH = Builder(arches=("amd64", "arm64"), remote="ssh://root@arm.test")


def test_buildx_builds_and_pushes_in_one_command() -> None:
    (command,) = buildx_commands(a_config(), "v1", local_arch="amd64")
    assert command.line == command.shown
    assert command.line == (
        "docker buildx build --output=type=registry --platform linux/amd64 "
        "--builder kamal-local-docker-container -t registry.test/me/app:v1 -t registry.test/me/app:latest "
        '--label service="app" --file Dockerfile .'
    )


def test_buildx_with_everything() -> None:
    builder = Builder(
        arches=("amd64", "arm64"),
        context="src",
        dockerfile="Dockerfile.prod",
        target="final",
        args={"RUBY": "3.4", "EMPTY": None},
        secrets=("TOKEN",),
        ssh="default=/tmp/agent",
        provenance="mode=max",
        sbom="true",
        cache=BuildCache(CacheType.REGISTRY, "mode=max"),
    )
    (command,) = buildx_commands(
        a_config(builder=builder, destination="eu"), "v1", local_arch="amd64", no_cache=True
    )
    assert command.line == (
        "docker buildx build --output=type=registry --platform linux/amd64,linux/arm64 "
        "--builder kamal-local-docker-container -t registry.test/me/app:v1 -t registry.test/me/app:latest-eu "
        "--cache-to type=registry,ref=registry.test/me/app-build-cache,mode=max "
        "--cache-from type=registry,ref=registry.test/me/app-build-cache "
        '--label service="app" --build-arg RUBY="3.4" --build-arg EMPTY --secret id="TOKEN" '
        "--file Dockerfile.prod --target final --ssh default=/tmp/agent --provenance mode=max --sbom true "
        "--no-cache src"
    )
    assert "3.4" not in command.shown
    assert "--build-arg RUBY=[REDACTED] --build-arg EMPTY=[REDACTED]" in command.shown


def test_only_reading_options_go_to_the_source_of_a_github_cache() -> None:
    cache = BuildCache(CacheType.GITHUB_ACTIONS, "mode=max,scope=app")
    (command,) = buildx_commands(a_config(builder=replace(AMD, cache=cache)), "v1", local_arch="amd64")
    assert " --cache-to type=gha,mode=max,scope=app --cache-from type=gha,scope=app " in command.line


def test_docker_without_buildx_builds_and_pushes_both_tags() -> None:
    lines = [each.line for each in plain_commands(a_config(), "v1", local_arch="amd64")]
    build = (
        'docker build -t registry.test/me/app:v1 -t registry.test/me/app:latest --label service="app" '
        "--file Dockerfile ."
    )
    assert lines == [build, "docker push registry.test/me/app:v1", "docker push registry.test/me/app:latest"]


@pytest.mark.parametrize(
    ("builder", "reason"),
    [
        (BOTH, "amd64, arm64 while this Docker builds for amd64"),
        (Builder(arches=("arm64",)), "arm64 while this Docker builds for amd64"),
        (replace(AMD, secrets=("TOKEN",), sbom="true"), "asks for build secrets, an SBOM"),
    ],
)
def test_what_docker_alone_can_not_do_is_refused(builder: Builder, reason: str) -> None:
    with pytest.raises(BuildFailed, match=reason):
        plain_commands(a_config(builder=builder), "v1", local_arch="amd64")


@pytest.mark.parametrize(
    ("builder", "local_arch", "name"),
    [
        (AMD, "amd64", "kamal-local-docker-container"),
        (BOTH, "amd64", "kamal-hybrid-docker-container-ssh---root-arm-test"),
        (replace(BOTH, arches=("arm64",)), "amd64", "kamal-remote-ssh---root-arm-test"),
        (replace(BOTH, arches=("amd64",)), "amd64", "kamal-local-docker-container"),
        (replace(BOTH, local=False), "amd64", "kamal-remote-ssh---root-arm-test"),
        (replace(AMD, driver="docker"), "amd64", ""),
        (replace(AMD, driver="cloud me/fast"), "amd64", "cloud-me-fast"),
    ],
)
def test_builders_are_named_as_kamal_names_them(builder: Builder, local_arch: str, name: str) -> None:
    assert builder_name(a_config(builder=builder), local_arch) == name


def test_a_missing_local_builder_is_created() -> None:
    config = a_config(registry=Registry(server="localhost:5555"))
    name = builder_name(config, "amd64")
    (command,) = create_builder_commands(config, name)
    assert command.line == (
        "docker buildx create --name kamal-local-registry-docker-container --driver=docker-container "
        "--driver-opt network=host"
    )
    with pytest.raises(BuildFailed, match="does not exist"):
        create_builder_commands(a_config(builder=BOTH), "x")


def test_the_clone_has_kamals_place() -> None:
    cwd, root = PurePosixPath("/home/ada/repo/backend"), PurePosixPath("/home/ada/repo")
    assert clone_dir(a_config(), Path("/tmp"), cwd) == Path("/tmp/kamal-clones/app-120c09f43eeb0")
    assert build_dir(a_config(), Path("/tmp"), cwd, root).parts[-2:] == ("repo", "backend")


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_the_clone_has_the_revision_and_nothing_uncommitted(tmp_path: Path) -> None:
    def git(*words: str) -> str:
        settings = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
        done = subprocess.run(
            ["git", *settings, *words], cwd=root, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    root = tmp_path / "repo"
    root.mkdir()
    git("init", "-q")
    (root / "app.rb").write_text("1")
    git("add", ".")
    git("commit", "-qm", "one")
    config = a_config()
    clone = clone_dir(config, tmp_path, root)
    clone.mkdir(parents=True)
    (clone / "of an earlier build").touch()
    for command in new_clone_commands(clone, root):
        subprocess.run(command, check=True, capture_output=True)
    assert [path.name for path in clone.iterdir()] == ["repo"]
    (root / "app.rb").write_text("2")
    git("commit", "-qam", "two")
    (root / "app.rb").write_text("uncommitted")
    directory = build_dir(config, tmp_path, root, root)
    (directory / "left over").touch()
    for command in reset_commands(directory, root, git("rev-parse", "HEAD")):
        subprocess.run(command, check=True, capture_output=True)
    status, head = (
        subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
        for command in check_commands(directory)
    )
    assert (status, head) == ("", git("rev-parse", "HEAD"))
    assert (directory / "app.rb").read_text() == "2"
