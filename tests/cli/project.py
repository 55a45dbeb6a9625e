"""A project directory as a user has it, and the command line run in it, over hosts in memory."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import TextIO

import pytest

from backstaff.cli.main import main
from backstaff.cli.options import CommonOptions
from backstaff.config.loader import load_config
from backstaff.hosts.protocol import Host
from tests.cli.skipping import SkippingAsyncio
from tests.engine.running import OLD, a_datacentre
from tests.fakes.hosts import Datacentre

DEPLOY_YML = """\
service: app
image: me/app
servers:
  web: [h1, h2]
  job:
    hosts: [h2]
    cmd: work
proxy:
  host: app.example.com
registry:
  server: registry.test
  username: me
  password: [REGISTRY_PASSWORD]
builder:
  arch: amd64
accessories:
  db:
    image: postgres:16
    host: db1
readiness_delay: 1
"""
GRACES = "Locked by: Grace at 2026-11-23T11:00:00Z\nVersion: v1\nMessage: Automatic deploy lock"


@dataclass(frozen=True)
class Result:
    """How a command ended, and what it wrote."""

    code: int
    out: str
    err: str


class Servers:
    """The connector in place of SSH. The servers begin with the first connection, in the command's own loop:
    `old` serves everything, and `set` has changed what the test wants changed."""

    def __init__(self) -> None:
        self.old = OLD
        self.set: Callable[[Datacentre], None] = lambda _: None
        self.connections: list[str] = []
        self.dials: object = None
        """What the connector was given of connections that were begun."""
        self._datacentre: Datacentre | None = None

    @property
    def datacentre(self) -> Datacentre:
        if self._datacentre is None:
            config = load_config(
                Path("config/deploy.yml"), None, environ=dict(os.environ), cwd=Path.cwd().resolve()
            )
            self._datacentre = a_datacentre(config, old=self.old)
            self.set(self._datacentre)
        return self._datacentre

    async def connect(self, name: str) -> Host:
        self.connections.append(name)
        return await self.datacentre.connect(name)

    async def open_docker(self, host: Host) -> None:
        await self.datacentre.open_docker(host)


class Dialled:
    """In place of connections that are begun: remembers to whom."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.is_closed = False

    def begin(self, names: Sequence[str], *_: object) -> None:
        self.names += names

    def close(self) -> None:
        self.is_closed = True


class Project:
    """The project and its servers."""

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.directory = directory
        self.servers = Servers()
        self.dials = Dialled()
        self._monkeypatch = monkeypatch
        self.write("config/deploy.yml", DEPLOY_YML)
        self.write(".kamal/secrets", "REGISTRY_PASSWORD=hunter22")

    def write(self, path: str, text: str, *, executable: bool = False) -> None:
        file = self.directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        if executable:
            file.chmod(0o755)

    def add(self, text: str) -> None:
        """Add to deploy.yml."""
        self.write("config/deploy.yml", DEPLOY_YML + text)

    def replace(self, old: str, new: str) -> None:
        """Change something in the deploy.yml that a project begins with."""
        assert old in DEPLOY_YML
        self.write("config/deploy.yml", DEPLOY_YML.replace(old, new))

    def run(
        self, *argv: str, environ: Mapping[str, str] | None = None, stdout: TextIO | None = None
    ) -> Result:
        """Run a command to its end, as the program does."""
        out, err = stdout or StringIO(), StringIO()
        with self._monkeypatch.context() as patch:
            patch.setattr("backstaff.cli.process.asyncio", SkippingAsyncio)
            # This process goes on.
            patch.setattr("backstaff.cli.process.keep_exit_code", lambda: None)
            patch.setattr(sys, "argv", ["backstaff", *argv])
            patch.setattr(sys, "stdout", out)
            patch.setattr(sys, "stderr", err)
            for name, value in (environ or {}).items():
                patch.setenv(name, value)
            with pytest.raises(SystemExit) as ended:
                main()
        assert isinstance(ended.value.code, int)
        return Result(ended.value.code, out.getvalue() if isinstance(out, StringIO) else "", err.getvalue())


def common(**changes: object) -> CommonOptions:
    """The options of a command that was given none."""
    defaults: dict[str, object] = {
        "config_file": Path("config/deploy.yml"),
        "destination": None,
        "version": None,
        "hosts": (),
        "roles": (),
        "primary": False,
        "skip_hooks": False,
        "verbose": False,
        "quiet": False,
        "no_tui": False,
        "json": False,
    }
    return CommonOptions(**{**defaults, **changes})  # type: ignore[arg-type]
