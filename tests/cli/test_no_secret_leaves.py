"""Nothing that a deploy prints, keeps or exports has a secret in it, wherever the secret was met."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from backstaff.console.card_text import card_text
from backstaff.console.event_words import words_of
from backstaff.console.line_store import LogEntry
from backstaff.events.board import Board
from backstaff.events.inert import inert
from backstaff.events.redact import MASK
from backstaff.events.types import CommandRun, Event, Failed, Output
from backstaff.replay import indexing
from backstaff.replay.entries import Entry
from backstaff.replay.recording import Recording
from tests.cli.planted import ARGUMENT, LITERAL, SAID, SECRETS, files_in, found_in, texts_in
from tests.cli.project import Project, Result
from tests.fakes.apps import App
from tests.fakes.hosts import Datacentre
from tests.fakes.server import Pull

DEPLOY_YML = f"""\
service: app
image: me/app
servers:
  web: [h1]
  job:
    hosts: [h2]
    cmd: work --key {SECRETS["BUILD_TOKEN"]}
env:
  secret: [DB_PASSWORD, SIGNING_KEY, SHORT_ONE, UP_TOKEN, DATABASE_URL]
proxy:
  host: app.example.com
  healthcheck:
    path: /up?token={SECRETS["UP_TOKEN"]}
    interval: 1
registry:
  server: registry.test
  username: me
  password: [REGISTRY_PASSWORD]
builder:
  arch: amd64
  context: .
  secrets: [BUILD_TOKEN]
  args:
    TOKEN: {ARGUMENT}
    COPY: {json.dumps(SECRETS["DB_PASSWORD"])}
readiness_delay: 1
deploy_timeout: 3
"""
DOCKER = """\
#!/bin/sh
case "$1 $2" in
"info --format") echo x86_64; exit ;;
"buildx build") cat "$HOME/said"; cat "$HOME/said" >&2; exit "$(cat "$HOME/build-status")" ;;
esac
"""
HOOK = '#!/bin/sh\ncat "$HOME/said"; env; exit {status}\n'
LINES = tuple(SAID.split("\n"))


def talks(datacentre: Datacentre, app: App) -> None:
    """All containers of the new version are of a program that says all it knows."""
    for server in datacentre.servers.values():
        server.apps = {"web:v2": app, "job:v2": App(says=LINES)}


def serves(datacentre: Datacentre) -> None:
    talks(datacentre, App(ready_after_s=1.2, says=LINES))


def never_ready(datacentre: Datacentre) -> None:
    talks(datacentre, App(ready_after_s=None, says=LINES))


def ends(datacentre: Datacentre) -> None:
    talks(datacentre, App(ready_after_s=None, ends_after_s=0.3, says=LINES))


def refuses_to_start(datacentre: Datacentre) -> None:
    talks(datacentre, App(start_error=f"exec: {SECRETS['DB_PASSWORD']}: not found"))


def refuses_the_pull(datacentre: Datacentre) -> None:
    for server in datacentre.servers.values():
        server.pulls = Pull(error=f"denied: {SECRETS['REGISTRY_PASSWORD']} is wrong")


class Planted:
    """The project with a secret in every place, and all that was ever printed there."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.home = project.directory.parent
        self.printed: list[Result] = []
        project.write(".kamal/secrets", "".join(f"{name}=${name}\n" for name in SECRETS))
        project.write("config/deploy.yml", DEPLOY_YML)
        project.write("Dockerfile", "FROM scratch\n")
        project.write("../said", SAID)
        project.write("../bin/docker", DOCKER, executable=True)
        self.hooks(status=0)
        self.builds(status=0)

    def hooks(self, *, status: int) -> None:
        for name in ("pre-build", "pre-deploy", "post-deploy"):
            self.project.write(f".kamal/hooks/{name}", HOOK.format(status=status), executable=True)

    def builds(self, *, status: int) -> None:
        self.project.write("../build-status", str(status))

    def run(self, *argv: str) -> Result:
        """Run a command; nothing that it prints may have a secret in it."""
        path = {"PATH": f"{self.home}/bin:/usr/bin:/bin"}
        result = self.project.run(*argv, environ={**SECRETS, **path})
        assert found_in(texts_in(result.out)) == set(), argv
        assert found_in(texts_in(result.err)) == set(), argv
        return result

    def journal(self) -> Path:
        return max((self.home / "state/runs").glob("*.jsonl"))

    def events(self) -> list[Event]:
        """What is told in the latest journal."""
        with Recording.open(self.journal()) as recording:
            return [each.event for each in recording.entries() if isinstance(each, Entry)]

    def bodies(self) -> list[object]:
        return [each.body for each in self.events()]

    def in_console(self) -> Iterator[str]:
        """What the console makes of the latest journal: its log, its list of events, its card."""
        board = Board()
        for event in self.events():
            yield inert(words_of(event.body, board))
            match event.body:
                case Output() as output:
                    yield LogEntry(at_t=event.t, text=output.text).text
                case Failed(card=card):
                    yield "".join(line.plain for line in card_text(card, 200))
            board.fold(event)

    def share(self) -> None:
        """Look at the latest run and export it in all ways there are."""
        run = self.journal().stem
        shared = self.project.directory / "shared"
        shared.mkdir()
        for argv in (
            ("runs", "show", run),
            ("runs", "show", run, "--json"),
            ("runs",),
            ("runs", "--json"),
            ("runs", "compare", run, run),
            ("runs", "export", run, "-o", str(shared / "run.jsonl")),
            ("runs", "export", run, "--html", "-o", str(shared / "run.html")),
        ):
            assert self.run(*argv).err == "", argv

    def kept(self) -> dict[str, list[str]]:
        """All that can be read in the files that were left behind, by their suffix."""
        files = {**files_in(self.home / "state"), **files_in(self.project.directory / "shared")}
        return {path.suffix: texts for path, texts in files.items()}


@pytest.fixture
def planted(project: Project, monkeypatch: pytest.MonkeyPatch) -> Planted:
    monkeypatch.setattr(indexing, "WORTH_KEEPING", 1)
    return Planted(project)


def check_nothing_is_kept(planted: Planted, *, masked: bool = True) -> None:
    planted.share()
    kept = planted.kept()
    assert set(kept) >= {".jsonl", ".idx", ".html"}
    for suffix in (".jsonl", ".idx", ".html"):
        assert found_in(kept[suffix]) == set(), suffix
        assert any(MASK in text for text in kept[suffix]) or not masked, suffix
    assert all(found_in(texts) == set() for texts in kept.values())
    assert found_in(planted.in_console()) == set()


@pytest.mark.parametrize("option", ["--no-tui", "-v", "--json"])
def test_a_deploy_that_goes_well_shows_and_keeps_no_secret(planted: Planted, option: str) -> None:
    planted.project.servers.set = serves
    assert planted.run("deploy", "--version", "v2", option).code == 0
    check_nothing_is_kept(planted)
    bodies = planted.bodies()
    told = {body.source for body in bodies if isinstance(body, Output) and MASK in body.text}
    assert told >= {"hook", "build", "container"}
    lines = [body.line for body in bodies if isinstance(body, CommandRun)]
    assert any("docker buildx build" in line and f"TOKEN={MASK}" in line for line in lines)
    assert any(f"token={MASK}" in line for line in lines)


@pytest.mark.parametrize(
    "goes_wrong", [never_ready, ends, refuses_to_start, refuses_the_pull], ids=lambda each: each.__name__
)
def test_what_makes_a_deploy_fail_is_told_without_its_secrets(
    planted: Planted, goes_wrong: Callable[[Datacentre], None]
) -> None:
    planted.project.servers.set = goes_wrong
    result = planted.run("deploy", "--version", "v2", "-P", "-v")
    assert result.code == 1
    check_nothing_is_kept(planted)
    (card,) = (body.card for body in planted.bodies() if isinstance(body, Failed))
    assert MASK in card.model_dump_json()
    assert MASK in result.out[result.out.index("FAILED") :]


def test_neither_does_a_build_that_fails(planted: Planted) -> None:
    planted.builds(status=1)
    result = planted.run("deploy", "--version", "v2", "-v")
    assert result.code == 1
    assert MASK in result.out[result.out.index("FAILED") :]
    check_nothing_is_kept(planted)


def test_nor_a_hook_that_fails(planted: Planted) -> None:
    planted.hooks(status=1)
    result = planted.run("deploy", "--version", "v2", "-P", "-v")
    assert result.code == 1
    assert MASK in result.out
    check_nothing_is_kept(planted)


def test_a_password_that_is_written_in_the_configuration_is_a_secret_as_well(planted: Planted) -> None:
    written = DEPLOY_YML.replace("password: [REGISTRY_PASSWORD]", f"password: {LITERAL}")
    planted.project.write("config/deploy.yml", written.replace("cmd: work", f"cmd: work {LITERAL}"))
    planted.project.write("../said", f"it is {LITERAL}\n")
    assert planted.run("deploy", "--version", "v2", "-v").code == 0
    check_nothing_is_kept(planted)


def test_a_command_that_only_looks_tells_no_secret_of_what_failed(planted: Planted) -> None:
    planted.project.write(".kamal/hooks/pre-connect", HOOK.format(status=1), executable=True)
    result = planted.run("app", "details")
    assert result.code == 1
    assert MASK in result.err
