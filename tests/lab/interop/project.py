"""A directory with a deploy.yml in git, from which both tools are run in the same environment."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import backstaff
from tests.lab import Lab
from tests.lab.commands import Finished, must, run
from tests.lab.waiting import wait_until

RUN_WITHIN_S = 90.0
PERFORMER = "Ada Lovelace"
PERFORMER_EMAIL = "ada@example.test"

_PROJECTS = Path(__file__).with_name("projects")
_PACKAGES = Path(backstaff.__file__).parents[1]


class Tool(StrEnum):
    """The two that have to get along."""

    KAMAL = "kamal"
    BACKSTAFF = "backstaff"

    @property
    def other(self) -> "Tool":
        """The other one."""
        return Tool.BACKSTAFF if self is Tool.KAMAL else Tool.KAMAL

    @property
    def command(self) -> list[str]:
        """What starts it; empty if it is not installed."""
        if self is Tool.BACKSTAFF:
            return [sys.executable, "-m", "backstaff"]
        beside = Path(sys.executable).with_name("kamal")
        found = str(beside) if beside.is_file() else shutil.which("kamal")
        return [found] if found else []


@dataclass(frozen=True)
class Project:
    """The directory, and the environment of whoever deploys from it."""

    directory: Path
    environ: Mapping[str, str]

    def run(self, tool: Tool, *arguments: str) -> Finished:
        """Run a tool to its end and return it with its output."""
        with self.running(tool, *arguments) as process:
            stdout, stderr = process.communicate(timeout=RUN_WITHIN_S)
            return Finished(process.args, process.returncode, stdout, stderr)

    def must(self, tool: Tool, *arguments: str) -> str:
        """Output of a tool that has to succeed; raises LabError with its error text if it does not."""
        finished = self.run(tool, *arguments)
        finished.stderr = f"{finished.stdout[-3000:]}\n{finished.stderr[-3000:]}"
        return must(finished)

    @contextmanager
    def running(self, tool: Tool, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """A tool as it runs; killed at the end of the context if it still does."""
        process = subprocess.Popen(
            [*tool.command, *arguments],
            cwd=self.directory,
            env=dict(self.environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()
            for stream in (process.stdout, process.stderr):
                if stream is not None:
                    stream.close()

    @contextmanager
    def deploy_held_in_hook(self, tool: Tool, *arguments: str) -> Iterator[None]:
        """A deploy that holds the lock: it stands still in its pre-deploy hook until the context ends.

        The hook then fails, and with it the deploy, which has come to its end when the context has.
        """
        hold, reached = self.directory / "hold-the-hook", self.directory / "hook-reached"
        hold.touch()
        reached.unlink(missing_ok=True)
        with self.running(tool, *arguments) as process:
            try:
                wait_until(lambda: reached.exists() or process.poll() is not None, f"{tool} to hold the lock")
                assert reached.exists(), process.communicate()
                yield
            finally:
                hold.unlink()
                process.communicate(timeout=RUN_WITHIN_S)


def make_project(lab: Lab, directory: Path, name: str) -> Project:
    """A copy of `projects/NAME`, whose deploy.yml takes the lab's hosts and registry from the environment."""
    home, project = directory / "home", directory / "project"
    (home / ".ssh").mkdir(parents=True)
    (home / ".ssh/known_hosts").write_bytes(lab.known_hosts.read_bytes())
    shutil.copytree(_PROJECTS / name, project)
    _make_certificate(project / "tls")
    first, second, third, fourth = lab.hosts
    environ = {
        "HOME": str(home),
        "USER": "ada",
        "LANG": "C.UTF-8",
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(_PACKAGES),
        "DOCKER_HOST": lab.client_docker_host,
        "FIRST_HOST": first.address,
        "SECOND_HOST": second.address,
        "THIRD_HOST": third.address,
        "FOURTH_HOST": fourth.address,
        "REGISTRY": lab.registry,
        "REGISTRY_USER": lab.registry_user,
        "LAB_PASSWORD": lab.registry_password,
        "SSH_KEY": str(lab.ssh_key),
    }
    made = Project(project, environ)
    _make_repository(made)
    return made


def _make_certificate(directory: Path) -> None:
    directory.mkdir()
    kind = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=shop.test")
    files = ("-keyout", str(directory / "key.pem"), "-out", str(directory / "cert.pem"))
    must(run(["openssl", "req", "-x509", *kind, *files]))


def _make_repository(project: Project) -> None:
    commands = (
        ("init", "--quiet"),
        ("config", "user.name", PERFORMER),
        ("config", "user.email", PERFORMER_EMAIL),
        ("add", "."),
        ("commit", "--quiet", "--message", "first"),
    )
    for command in commands:
        must(run(["git", "-C", str(project.directory), *command], env=project.environ))
