"""Where secrets are while a deploy goes on, on the client and on the hosts: processes, and files.

All processes of the lab's namespaces can be seen from this machine, and are looked at as fast as that goes.
"""

import base64
import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab import Lab
from tests.lab.commands import must, run
from tests.lab.deploys.project import DB_PASSWORD, Project, a_project, settings_of
from tests.lab.host import LabHost
from tests.lab.process_watch import watching
from tests.lab.registry import LONE_PASSWORD, LONE_USER

HOOK_SECRET = "the hook alone knows this 4711"
ENV_FILE = "root/.kamal/apps/app/env/roles/web.env"
RECORDS = ("run/docker/containerd/", "var/lib/docker/containers/")
HOLD = 'test -n "$HOOK_TOKEN" && sleep 0.3'
"""A hook that lasts long enough to be seen, and has what it was promised."""
CHAIN = """\
ALL=$(kamal secrets fetch --adapter test REGISTRY_PASSWORD DB_PASSWORD HOOK_TOKEN)
DB_PASSWORD=$(kamal secrets extract DB_PASSWORD $ALL)
HOOK_TOKEN=$(kamal secrets extract HOOK_TOKEN $ALL)
FETCHED=$(kamal secrets extract REGISTRY_PASSWORD $ALL)
REGISTRY_PASSWORD=$(sleep 0.4; printf %s "$FETCHED")
"""


@pytest.fixture
def project(lab: Lab, tmp_path: Path) -> Project:
    base = lab.app_image("base")
    project = a_project(lab, tmp_path)
    configure(lab, project)
    project.write("Dockerfile", f"FROM {base}\nCOPY content.txt /assets/\n")
    project.write("content.txt", "x\n")
    for name in ("pre-connect", "pre-deploy", "post-deploy"):
        project.hook(name, HOLD)
    project.write(".kamal/secrets", CHAIN)
    a_vault(project)
    project.commit()
    return project


def configure(lab: Lab, project: Project, *, bad: bool = False) -> None:
    """Write deploy.yml for one host after the other; the app of a bad second host does not start."""
    env = {"clear": {"GREETING": "hello"}, "secret": ["DB_PASSWORD"]}
    crash = {"tags": {"bad": {"clear": {"APP_MODE": "crash:0.3"}}}}
    settings = settings_of(
        lab,
        servers={"web": {"hosts": ["h1", {"h2": "bad"}] if bad else ["h1", "h2"]}},
        env=env | crash if bad else env,
        boot={"limit": 1},
        registry={"server": lab.registry, "username": LONE_USER, "password": ["REGISTRY_PASSWORD"]},
    )
    project.configure(settings)


def a_vault(project: Project) -> None:
    """A `kamal` on the search path whose `fetch` takes the secrets from a file."""
    secrets = {"REGISTRY_PASSWORD": LONE_PASSWORD, "DB_PASSWORD": DB_PASSWORD, "HOOK_TOKEN": HOOK_SECRET}
    (project.root / "vault.json").write_text(json.dumps(secrets))
    program = project.root / "bin/kamal"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\nsleep 0.2\nexec cat '{project.root}/vault.json'\n")
    program.chmod(0o755)
    project.environ["PATH"] = f"{program.parent}:{os.environ['PATH']}"


def holders(root: Path, words: list[str]) -> Iterator[tuple[Path, str]]:
    """The files below a directory that hold one of the words, as they are or in base64, and which."""
    forms = {word: (word.encode(), base64.b64encode(word.encode()).rstrip(b"=")[:-1]) for word in words}
    for file in root.rglob("*"):
        if not stat.S_ISREG(file.lstat().st_mode):
            continue
        content = file.read_bytes()
        for word, shapes in forms.items():
            if any(shape in content for shape in shapes):
                yield file.relative_to(root), word


def on_host(host: LabHost, words: list[str]) -> set[tuple[str, str]]:
    """Files of a host that hold a word. Docker's own records of a container, which tell its environment, are
    counted with everything else for the words that are in no environment."""
    found: set[tuple[str, str]] = set()
    for directory in ("root", "tmp", "run", "var/log", "var/lib/docker/volumes", "var/lib/docker/containers"):
        path = host.sandbox.directory / directory
        if path.is_dir():
            found |= {(f"{directory}/{file}", word) for file, word in holders(path, words)}
    return {(file, word) for file, word in found if word != DB_PASSWORD or not file.startswith(RECORDS)}


def test_no_process_and_no_file_has_a_secret_but_those_it_is_for(lab: Lab, project: Project) -> None:
    words = [LONE_PASSWORD, DB_PASSWORD, HOOK_SECRET]
    with watching(words) as found:
        first = project.run("deploy")
        project.write("content.txt", "y\n")
        project.commit()
        second = project.run("deploy")
        configure(lab, project, bad=True)
        project.write("content.txt", "z\n")
        project.commit()
        third = project.run("deploy", "--on-failure", "rollback")
    told = "".join(each.out + each.err for each in (first, second, third))

    assert [first.code, second.code, third.code] == [0, 0, 1], told
    assert "rolled back" in third.card
    assert found.rounds > 100
    assert "sleep 0.4" in found.programs
    assert found.ran("docker", "create"), found.programs
    assert found.ran("sh", "-c"), found.programs
    assert found.arguments == []
    with_registry_password = [program for word, program in found.environments if word == 0]
    allowed = [program for program in with_registry_password if is_hook(program) or is_secrets_line(program)]
    assert with_registry_password == allowed
    with_hook_secret = {program for word, program in found.environments if word == 2}
    assert with_hook_secret
    assert all(is_hook(program) for program in with_hook_secret), with_hook_secret
    with_app_secret = {program for word, program in found.environments if word == 1}
    assert all(is_hook(program) or is_app(program) for program in with_app_secret), with_app_secret

    for host in lab.hosts[:2]:
        assert on_host(host, words) == {(ENV_FILE, DB_PASSWORD)}
        assert stat.S_IMODE((host.sandbox.directory / ENV_FILE).stat().st_mode) == 0o600
    on_client = {file for file, _ in holders(project.root, words)}
    assert on_client == {Path("vault.json")}
    assert not any(word in told for word in words)


def is_hook(program: str) -> bool:
    """A hook, or what it runs."""
    return ".kamal/hooks/" in program or program == "sleep 0.3"


def is_secrets_line(program: str) -> bool:
    """The shell that runs a line of the secrets file: it is given the line with the secrets in it."""
    return program.startswith("/bin/sh -c eval ")


def is_app(program: str) -> bool:
    """The application's own process, also while the container runtime becomes it."""
    return program.split(" ")[0] in {"app", "/bin/app"} or program.startswith("runc init")


def test_the_watch_finds_what_is_there(tmp_path: Path) -> None:
    with watching(["needle in a process"]) as found:
        must(run(["sh", "-c", "x=1; sleep 0.5 # needle in a process"]))
        must(run(["sh", "-c", "sleep 0.4; true"], env={"PATH": "/usr/bin:/bin", "X": "needle in a process"}))
    assert any("sleep 0.5" in program for _, program in found.arguments)
    assert any("sleep 0.4" in program for _, program in found.environments)
