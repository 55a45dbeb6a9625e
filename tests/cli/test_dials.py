"""When the hosts of a deploy are dialled before SSH is there: not before all else on this machine is well."""

import json
import subprocess
import sys

import pytest

from tests.cli.project import Dialled, Project
from tests.cli.test_console_session import mended, web_fails_on_h2
from tests.cli.test_startup import CONSOLE

_AT_THE_DIAL = """
import json, os, sys
from backstaff.cli.main import main
from backstaff.hosts.dials import Dials

def begin(*_):
    print(json.dumps(sorted(sys.modules)), flush=True)
    os._exit(0)

Dials.begin = begin
main()
"""
DEPLOY = ("deploy", "-P", "--version", "v2")
HOOK = ".kamal/hooks/pre-connect"


def test_the_hosts_are_dialled_once_the_plan_is_made(project: Project) -> None:
    assert project.run(*DEPLOY).code == 0
    assert set(project.dials.names) == set(project.servers.connections) == {"h1", "h2", "db1"}
    assert project.servers.dials is project.dials
    assert project.dials.is_closed


def test_a_hook_comes_first(project: Project) -> None:
    project.write(HOOK, "#!/bin/sh\n", executable=True)
    assert project.run(*DEPLOY).code == 0
    assert project.dials.names == []


def test_a_hook_that_is_skipped_does_not_count(project: Project) -> None:
    project.write(HOOK, "#!/bin/sh\nexit 1\n", executable=True)
    assert project.run(*DEPLOY, "--skip-hooks").code == 0
    assert set(project.dials.names) == set(project.servers.connections) == {"h1", "h2", "db1"}


@pytest.mark.parametrize("secrets", ["", "REGISTRY_PASSWORD=$(exit 1)"])
def test_nobody_is_dialled_while_something_is_wrong_here(project: Project, secrets: str) -> None:
    project.write(".kamal/secrets", secrets)
    assert project.run(*DEPLOY).code == 2
    assert project.dials.names == []
    assert project.dials.is_closed


def test_nothing_that_works_on_hosts_is_loaded_before_they_are_dialled(project: Project) -> None:
    done = subprocess.run([sys.executable, "-c", _AT_THE_DIAL, *DEPLOY], capture_output=True, text=True)
    loaded = set(json.loads(done.stdout))
    assert "backstaff.hosts.dials" in loaded
    assert not loaded & {"asyncssh", "aiohttp", "backstaff.engine.deploy", "backstaff.events.types"}
    assert not loaded & CONSOLE


def test_a_run_that_is_gone_on_with_dials_too(project: Project) -> None:
    web_fails_on_h2(project)
    assert project.run(*DEPLOY).code == 1
    mended(project)
    project.dials = Dialled()
    assert project.run("deploy", "--resume", "last-failed").code == 0
    assert set(project.dials.names) == {"h1", "h2", "db1"}
    assert project.servers.dials is project.dials
    assert project.dials.is_closed


@pytest.mark.parametrize(("secret", "times"), [("hunter22", 0), ("$(echo hunter22)", 1)])
def test_what_connects_is_loaded_once_while_commands_give_secrets(
    project: Project, monkeypatch: pytest.MonkeyPatch, secret: str, times: int
) -> None:
    loaded: list[object] = []
    monkeypatch.setattr("backstaff.cli.project.load_beside", lambda: loaded.append(None))
    project.write(".kamal/secrets", f"REGISTRY_PASSWORD={secret}\nTOKEN={secret}")
    project.add("env:\n  secret: [TOKEN]\n")
    assert project.run(*DEPLOY).code == 0
    assert len(loaded) == times
