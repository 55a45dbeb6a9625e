"""`backstaff plan` tells what `backstaff deploy` does on this machine, command by command."""

import json
import shlex
import shutil
import subprocess

import pytest

from tests.cli.project import Project, Result

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

HOOKS = ("pre-connect", "pre-build", "pre-deploy", "pre-app-boot", "post-app-boot", "post-deploy")
_TOLD = 'echo "{name} $*" >> "$TOLD"'
_DOCKER = f"""#!/bin/sh
{_TOLD.format(name="docker")}
case "$1 $2" in
"info --format") echo x86_64 ;;
"buildx version") exit BUILDX ;;
"buildx inspect") exit 1 ;;
esac
"""
_GIT = f'#!/bin/sh\n{_TOLD.format(name="git")}\nexec GIT "$@"\n'
_ONLY_LOOKS = ("docker info", "docker buildx version", "docker buildx inspect", "git rev-parse", "git config")
_LOOKS_AT_CLONE = ("status", "rev-parse")


class Machine:
    """This machine as `plan` and `deploy` see it: a `docker` and a `git` that tell what they are asked."""

    def __init__(self, project: Project, *, buildx: bool) -> None:
        self.project = project
        self.told = project.directory.parent / "told"
        programs = project.directory.parent / "bin"
        programs.mkdir()
        git = shutil.which("git")
        for name, text in (
            ("docker", _DOCKER.replace("BUILDX", "0" if buildx else "1")),
            ("git", _GIT.replace("GIT", str(git))),
        ):
            (programs / name).write_text(text)
            (programs / name).chmod(0o755)
        temporary = project.directory.parent / "temporary"
        temporary.mkdir()
        self.environ = {
            "PATH": f"{programs}:/usr/bin:/bin",
            "TOLD": str(self.told),
            "TMPDIR": str(temporary),
        }
        self.temporary = temporary
        project.write("Dockerfile", "FROM scratch\n")
        for hook in HOOKS:
            project.write(
                f".kamal/hooks/{hook}", f'#!/bin/sh\necho "hook {hook}" >> "$TOLD"\n', executable=True
            )
        self.git("init", "-q")
        self.commit()

    def git(self, *words: str) -> None:
        who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
        subprocess.run(["git", *who, *words], cwd=self.project.directory, check=True, capture_output=True)

    def commit(self) -> None:
        self.git("add", ".")
        self.git("commit", "-q", "--allow-empty", "-m", "more")

    def run(self, *argv: str) -> Result:
        return self.project.run(*argv, environ=self.environ)

    def planned(self) -> list[str]:
        """The programs that the plan says are started here, in its order."""
        told = json.loads(self.run("plan", "--offline", "--json").out)
        (here,) = [each["steps"] for each in told["hosts"] if not each["host"]]
        lines = [line for step in here for line in step["line"].splitlines()]
        programs = [line.replace(".kamal/hooks/", "hook ") for line in lines]
        return [line for line in programs if line.split()[0] in {"docker", "git", "hook"}]

    def done(self) -> list[str]:
        """The programs that a deploy does start, without those that only look."""
        self.told.unlink(missing_ok=True)
        result = self.run("deploy")
        assert result.code == 0, result.out + result.err
        lines = self.told.read_text().splitlines()
        return [line for line in lines if not line.startswith(_ONLY_LOOKS) and not _looks_at_clone(line)]


def _looks_at_clone(line: str) -> bool:
    words = line.split()
    verb = words[3] if words[1] == "-C" else words[1]
    return words[0] == "git" and verb in _LOOKS_AT_CLONE


def unquoted(lines: list[str]) -> list[str]:
    """Command lines as their programs see them."""
    return [" ".join(shlex.split(line)) for line in lines]


@pytest.fixture(params=[True, False], ids=["buildx", "plain"])
def machine(request: pytest.FixtureRequest, project: Project, monkeypatch: pytest.MonkeyPatch) -> Machine:
    machine = Machine(project, buildx=request.param)
    monkeypatch.setattr("tempfile.tempdir", str(machine.temporary))
    return machine


def test_what_is_planned_here_is_what_is_done_here(machine: Machine) -> None:
    first = machine.planned()
    assert any("clone" in line for line in first)
    assert machine.done() == unquoted(first)

    machine.commit()
    second = machine.planned()
    assert any("reset --hard" in line for line in second)
    assert machine.done() == unquoted(second)


def test_a_plan_changes_nothing_here(machine: Machine) -> None:
    before = sorted(path for path in machine.project.directory.parent.rglob("*") if ".git" not in path.parts)
    machine.planned()
    after = sorted(path for path in machine.project.directory.parent.rglob("*") if ".git" not in path.parts)
    assert [path for path in after if path not in before] in ([], [machine.told])


def test_skipped_hooks_are_not_planned(machine: Machine) -> None:
    assert "hook" in machine.run("plan", "--offline").out
    assert "hooks/" not in machine.run("plan", "--offline", "--skip-hooks").out


def test_a_hook_that_would_stop_the_run_is_a_warning(machine: Machine) -> None:
    hook = machine.project.directory / ".kamal/hooks/pre-deploy"
    hook.chmod(0o644)
    told = f"hook pre-deploy is not executable, so the run fails there: chmod +x {hook}"
    assert told in machine.run("plan", "--offline").out
    assert told not in machine.run("plan", "--offline", "--for", "app boot").out


def test_a_docker_that_does_not_answer_is_told_beside_the_plan(machine: Machine) -> None:
    (machine.project.directory.parent / "bin/docker").write_text("#!/bin/sh\nexit 1\n")
    result = machine.run("plan", "--offline")
    assert result.code == 1
    assert "Docker on this machine does not answer" in result.err
    assert "group 1 of 1" in result.out
    assert "docker build" not in result.out
    assert machine.run("plan", "--offline", "-P").code == 0


def test_what_the_configuration_warns_of_is_told(project: Project) -> None:
    project.add("output: {otel: {endpoint: https://collector.example.com}}\n")
    told = json.loads(project.run("plan", "--offline", "-P", "--version", "v2", "--json").out)
    assert any("output/otel: Backstaff sends nothing there" in each for each in told["warnings"]), told


def test_an_image_that_can_not_be_built_here_is_told_beside_the_plan(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = Machine(project, buildx=False)
    monkeypatch.setattr("tempfile.tempdir", str(machine.temporary))
    project.replace("arch: amd64", "arch: arm64")

    result = machine.run("plan", "--offline")

    assert result.code == 1
    assert "Docker's buildx plugin is not installed" in result.err
    assert "group 1 of 1" in result.out
    assert "changes on this machine" not in result.out


@pytest.mark.parametrize("command", [("plan", "--offline"), ("deploy",)])
def test_buildpacks_are_refused_before_anything_is_touched(
    project: Project, command: tuple[str, ...]
) -> None:
    project.add("")
    yml = project.directory / "config/deploy.yml"
    yml.write_text(
        yml.read_text().replace("arch: amd64", "arch: amd64\n  pack: {builder: heroku/builder:24}")
    )

    result = project.run(*command, "--version", "v2")

    assert result.code == 2
    assert "images are not built with buildpacks here" in result.err
    assert "--skip-push" in result.err
    assert project.servers.connections == []
    assert project.run("plan", "--offline", "--version", "v2", "--skip-push").code == 0
