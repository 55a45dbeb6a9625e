"""What a run writes down, and all that is made of it: no secret is anywhere in it."""

import os
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest

from backstaff.events.types import Output
from backstaff.replay.entries import Entry
from backstaff.replay.recording import Recording
from tests.cli.history import runs_directory
from tests.cli.project import DEPLOY_YML, Project
from tests.fakes.apps import App
from tests.fakes.hosts import Datacentre

SECRET = "planted-s3cr3t-value"
PASSWORD = "hunter22"
MORE = f"env:\n  secret: [API_TOKEN]\ndeploy_timeout: 1\n# {SECRET}\n"
HOOK = f"#!/bin/sh\necho the hook knows {SECRET}\necho and {PASSWORD} too >&2\n"
DOCKER = f"#!/bin/sh\necho step 1 has {SECRET} >&2\necho and {PASSWORD}\n"


@pytest.fixture
def failed_run(project: Project, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The journal of a deploy that fails, after everything that writes has written the secrets."""
    project.write("config/deploy.yml", DEPLOY_YML.replace("builder:\n", "builder:\n  context: .\n") + MORE)
    project.write(".kamal/secrets", f"REGISTRY_PASSWORD={PASSWORD}\nAPI_TOKEN={SECRET}\n")
    project.write(".kamal/hooks/pre-build", HOOK, executable=True)
    project.write("Dockerfile", "FROM scratch\n")
    project.write("bin/docker", DOCKER, executable=True)
    monkeypatch.setenv("PATH", f"{project.directory}/bin{os.pathsep}{os.environ['PATH']}")
    says = f"can not log in with {SECRET}"

    def set_scene(datacentre: Datacentre) -> None:
        for host in ("h1", "h2"):
            datacentre[host].apps["web:v2"] = App(ready_after_s=None, says=(says,))

    project.servers.set = set_scene
    assert project.run("deploy", "--no-tui", "--version", "v2").code == 1
    (journal,) = runs_directory().glob("*.jsonl")
    return journal


def outputs(journal: Path) -> dict[str, str]:
    """All that was written, by where it came from."""
    with Recording.open(journal) as recording:
        bodies = [entry.event.body for entry in recording.entries() if isinstance(entry, Entry)]
    texts: dict[str, str] = {}
    for body in bodies:
        if isinstance(body, Output):
            texts[body.source] = f"{texts.get(body.source, '')}{body.text}\n"
    return texts


def clean(text: str | bytes) -> bool:
    data = text.encode() if isinstance(text, str) else text
    return SECRET.encode() not in data and PASSWORD.encode() not in data


def test_every_source_has_written_and_nothing_of_it_is_a_secret(failed_run: Path) -> None:
    said = outputs(failed_run)
    assert "the hook knows [REDACTED]" in said["hook"]
    assert "step 1 has [REDACTED]" in said["build"]
    assert "can not log in with [REDACTED]" in said["container"]
    assert clean(failed_run.read_bytes())


@pytest.mark.parametrize("kind", ["", "--html"])
def test_no_export_has_a_secret_in_it(project: Project, failed_run: Path, kind: str) -> None:
    out = BytesIO()
    stdout = TextIOWrapper(out, write_through=True)
    assert project.run("runs", "export", "-o", "-", *kind.split(), stdout=stdout).code == 0
    assert len(out.getvalue()) > 1000
    assert clean(out.getvalue())


@pytest.mark.parametrize("argv", ["runs", "runs --json", "runs show", "runs show --json"])
def test_nothing_that_is_shown_of_a_run_has_a_secret_in_it(
    project: Project, failed_run: Path, argv: str
) -> None:
    result = project.run(*argv.split())
    assert result.code == 0
    assert clean(result.out + result.err)
