"""A project directory as a user has it, and `backstaff` run in it as a program."""

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TypeVar

import yaml

import backstaff
from backstaff.events.types import Event
from backstaff.events.wire import parse_line
from tests.lab import Lab
from tests.lab.commands import ended, must, run
from tests.lab.waiting import wait_until

PERFORMER = "Ada Operator"
EMAIL = "ada@example.com"
DB_PASSWORD = "correct horse battery staple"
SITE = "app.example.com"

_PACKAGES = Path(backstaff.__file__).parents[1]
_HOW_LONG_S = 120.0

B = TypeVar("B")


@dataclass(frozen=True)
class Result:
    """How a command ended: exit code, standard output and error, and the events of its journal.

    A command that only looks keeps no journal, so its `events` are empty."""

    code: int
    out: str
    err: str
    events: tuple[Event, ...] = ()

    @property
    def lines(self) -> list[str]:
        """Standard output, line by line, without empty lines."""
        return [line for line in self.out.splitlines() if line.strip()]

    @property
    def card(self) -> str:
        """The failure card, everything from its headline on, as one line with single spaces."""
        headlines = [place for place, line in enumerate(self.lines) if line.startswith(("FAILED", "CANCEL"))]
        return " ".join(" ".join(self.lines[headlines[-1] :]).split()) if headlines else ""

    @property
    def headline(self) -> str:
        """What failed and where: the failure card up to the name of the service."""
        return self.card.partition(" app ")[0].rstrip()

    def told(self, kind: type[B]) -> list[B]:
        """The events' bodies of one kind, in order."""
        return [event.body for event in self.events if isinstance(event.body, kind)]

    @property
    def json_events(self) -> list[Event]:
        """Standard output read as `--json` promises it: one event per line and nothing else."""
        return [parse_line(line) for line in self.out.splitlines()]


class Running:
    """`backstaff` while it runs. Leaving the `with` block ends it if it has not ended by itself."""

    def __init__(
        self, process: "subprocess.Popen[str]", state: Path, past: Collection[Path] = frozenset()
    ) -> None:
        """`past` are the journals that were in `state` before."""
        self._process = process
        self._state = state
        self._past = past
        self._read_to = 0
        self._events: list[Event] = []

    def __enter__(self) -> "Running":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        ended(self._process)

    def wait_until(self, happened: Callable[[Event], bool], what: str, *, timeout_s: float = 30.0) -> None:
        """Return as soon as an event of the run fits; LabError if the run ends or time runs out before."""

        def seen() -> bool:
            over = self._process.poll() is not None
            return any(map(happened, self._events_so_far())) or over

        wait_until(seen, what, timeout_s=timeout_s)
        if not any(map(happened, self._events)):
            out, err = self._process.communicate(timeout=_HOW_LONG_S)
            raise AssertionError(f"{what}: the run ended ({self._process.returncode}) before\n{out}{err}")

    def wait_for_output(self, text: str) -> None:
        """Return once a line of standard output has the text; `ended` then tells only what comes after it."""
        for line in self._process.stdout or ():
            if text in line:
                return
        raise AssertionError(f"the run ended without {text!r}")

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the program alone."""
        self._process.send_signal(number)

    def ended(self, *, timeout_s: float = _HOW_LONG_S) -> Result:
        """Wait for its end; raises subprocess.TimeoutExpired, and AssertionError if it met its own bug."""
        out, err = self._process.communicate(timeout=timeout_s)
        for sign in ("Traceback", "internal error"):
            assert sign not in out + err, out + err
        return Result(self._process.returncode, out, err, tuple(self._events_so_far()))

    def _events_so_far(self) -> Sequence[Event]:
        """The journal up to its last whole line."""
        for path in set(self._state.glob("runs/*.jsonl")).difference(self._past):
            with path.open("rb") as journal:
                journal.seek(self._read_to)
                lines = journal.read().split(b"\n")
            self._read_to += sum(len(line) + 1 for line in lines[:-1])
            self._events += map(parse_line, lines[:-1])
        return self._events


@dataclass
class Project:
    """A git repository with `config/deploy.yml`, secrets and hooks, and a home directory of its own.

    `beside_docker`: its commands run where the client's Docker has its network, so that both mean the
    same by `localhost`, as they do on a machine that is not a lab. `program` is what is started.
    """

    lab: Lab
    root: Path
    environ: dict[str, str] = field(default_factory=dict)
    beside_docker: bool = False
    program: Sequence[str] = (sys.executable, "-m", "backstaff")
    _runs: int = 0

    @property
    def directory(self) -> Path:
        """Where the commands are run."""
        return self.root / "app"

    @property
    def home(self) -> Path:
        """The user's home directory."""
        return self.root / "home"

    def write(self, path: str, text: str, *, mode: int = 0o644) -> Path:
        """Write a file of the project."""
        file = self.directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(mode)
        return file

    def configure(self, settings: Mapping[str, object], *, destination: str = "") -> None:
        """Write deploy.yml, or the file of a destination."""
        name = f"config/deploy.{destination}.yml" if destination else "config/deploy.yml"
        self.write(name, yaml.safe_dump(dict(settings), sort_keys=False, allow_unicode=True))

    def hook(self, name: str, script: str) -> None:
        """Write a hook in shell."""
        self.write(f".kamal/hooks/{name}", f"#!/bin/sh\n{script}\n", mode=0o755)

    def commit(self, message: str = "change") -> str:
        """Commit everything; returns the commit's id."""
        git = ("git", "-C", str(self.directory))
        environ = self.environ_of(self.root)
        must(run([*git, "add", "--all"], env=environ))
        must(run([*git, "commit", "--quiet", "--allow-empty", "--message", message], env=environ))
        return must(run([*git, "rev-parse", "HEAD"], env=environ)).strip()

    def run(self, *arguments: str, timeout_s: float = _HOW_LONG_S) -> Result:
        """Run `backstaff` to its end."""
        with self.start(*arguments) as running:
            return running.ended(timeout_s=timeout_s)

    def run_printed(self, command: str) -> Result:
        """Run a command line that was told to the user, as it stands; where it names a run, with that run's
        journal at hand."""
        program, *arguments = shlex.split(command)
        assert program == "backstaff", command
        named = [journal for journal in self.journals if journal.stem in arguments]
        with self.start(*arguments, state=named[0].parents[1] if named else None) as running:
            return running.ended()

    def start(self, *arguments: str, state: Path | None = None) -> Running:
        """Start `backstaff`; its journal goes to a directory of its own, or to `state`."""
        state = state or self.next_state()
        past = frozenset(state.glob("runs/*.jsonl"))
        argv = [*self.program, *arguments]
        process = subprocess.Popen(
            self.lab.hub.sandbox.on_network(*argv) if self.beside_docker else argv,
            cwd=self.directory,
            env=self.environ_of(state),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )
        return Running(process, state, past)

    @property
    def journals(self) -> Sequence[Path]:
        """The journals of all runs so far."""
        return sorted((self.root / "state").glob("*/runs/*.jsonl"))

    def next_state(self) -> Path:
        """The directory in which the next run keeps its journal, and no other run."""
        self._runs += 1
        return self.root / "state" / str(self._runs)

    def environ_of(self, state: Path) -> Mapping[str, str]:
        """The environment of a run that keeps its journal in `state`: of the surroundings nothing but the
        search path. What a user may have set is given explicitly."""
        return {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "USER": "ada",
            "HOME": str(self.home),
            "TMPDIR": str(self.root / "tmp"),
            "PYTHONPATH": str(_PACKAGES),
            "DOCKER_HOST": self.lab.client_docker_host,
            "BACKSTAFF_STATE_DIR": str(state),
            **self.environ,
        }


def settings_of(
    lab: Lab,
    *,
    web: Sequence[str] = ("h1",),
    job: Sequence[str] = (),
    own: Mapping[str, object] | None = None,
    **more: object,
) -> dict[str, object]:
    """A deploy.yml for a lab: a web role, a job role if it has hosts, short times.

    `own` goes under `x-backstaff`. `more` replaces root keys; None leaves one out."""
    servers: dict[str, object] = {"web": {"hosts": list(web)}}
    if job:
        servers["job"] = {"hosts": list(job), "env": {"clear": {"APP_MODE": "worker"}}}
    settings: dict[str, object] = {
        "service": "app",
        "image": "app",
        "servers": servers,
        "registry": {
            "server": lab.registry,
            "username": lab.registry_user,
            "password": ["REGISTRY_PASSWORD"],
        },
        "builder": {"arch": "amd64"},
        "env": {"clear": {"GREETING": "hello"}, "secret": ["DB_PASSWORD"]},
        "proxy": {"host": SITE, "healthcheck": {"interval": 1}},
        "ssh": {"config": str(lab.ssh_config)},
        "readiness_delay": 0,
        "deploy_timeout": 10,
        "drain_timeout": 3,
        "x-backstaff": own,
    }
    settings.update(more)
    return {key: value for key, value in settings.items() if value is not None}


def a_project(
    lab: Lab,
    root: Path,
    *,
    web: Sequence[str] = ("h1",),
    job: Sequence[str] = (),
    own: Mapping[str, object] | None = None,
    **more: object,
) -> Project:
    """A project whose deploy.yml is `settings_of` the same arguments, with secrets, all committed."""
    project = Project(lab, root)
    for name in ("app", "home", "tmp", "state"):
        (root / name).mkdir()
    (project.home / ".gitconfig").write_text(f"[user]\n\tname = {PERFORMER}\n\temail = {EMAIL}\n")
    must(run(["git", "init", "--quiet", str(project.directory)]))
    project.configure(settings_of(lab, web=web, job=job, own=own, **more))
    project.write(
        ".kamal/secrets", f"REGISTRY_PASSWORD={lab.registry_password}\nDB_PASSWORD='{DB_PASSWORD}'\n"
    )
    project.commit("first")
    return project
