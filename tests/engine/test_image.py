"""Building and pushing with a `docker` of our own on the PATH, so these tests run on real time."""

import asyncio
import base64
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from backstaff.clock import LoopClock
from backstaff.config.credentials import SecretName, SecretValue
from backstaff.config.models import Registry
from backstaff.engine.context import RunContext
from backstaff.engine.hooks import Hooks
from backstaff.engine.image import ImageBuild
from backstaff.engine.performer import Performer
from backstaff.errors import BuildFailed
from backstaff.events.redact import Redactor
from backstaff.events.stream import EventStream
from backstaff.events.types import Event
from tests.engine.running import short_config

USER, PASSWORD = "s3cret-user", "s3cret-password"
LOGIN = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()

_DOCKER = """#!/bin/sh
echo "$*" >> HOME/calls
case "$1 $2" in
"info --format") echo x86_64; exit ;;
"buildx version") exit BUILDX ;;
"buildx inspect") exit 0 ;;
esac
echo "$DOCKER_CONFIG $BUILDX_CONFIG" > HOME/variables
cat "$DOCKER_CONFIG/config.json" > HOME/config-seen
[ ! -p HOME/begun ] || { echo > HOME/begun; exec sleep 60; }
[ "$1" != REFUSED ] || { echo 'WORDS' >&2; exit 1; }
"""


class Workshop:
    """A machine with a `docker`, a user's configuration and a project without a repository."""

    def __init__(
        self,
        home: Path,
        *,
        buildx: bool = True,
        refused: str = "",
        words: str = "",
        signs_in: bool = True,
        path: str = "HOME/bin:/usr/bin:/bin",
    ) -> None:
        self.home = home
        self.own = home / ".docker"
        self.own.mkdir()
        (self.own / "config.json").write_text('{"credsStore": "nowhere"}')
        (home / "project").mkdir()
        (home / "project/Dockerfile").write_text("FROM scratch\n")
        self._install(buildx, refused, words)
        user, password = SecretName("USER_NAME"), SecretName("PASSWORD")
        config = short_config(registry=Registry("registry.test", user, password))
        if not signs_in:
            config = replace(config, registry=Registry("registry.test"))
        clock = LoopClock()
        self.events: list[Event] = []
        self._run = RunContext(
            run_id="r",
            command="deploy",
            config=config,
            version="v1",
            performer=Performer("Ada", "ada@example.com"),
            stream=EventStream(clock, Redactor([]), [self.events.append]),
            secrets={"USER_NAME": SecretValue(USER), "PASSWORD": SecretValue(PASSWORD)},
            clock=clock,
            environ={"PATH": path.replace("HOME", str(home)), "HOME": str(home), "DOCKER_CONFIG": ""},
            directory=home / "project",
        )

    def _install(self, buildx: bool, refused: str, words: str) -> None:
        text = _DOCKER.replace("HOME", str(self.home)).replace("exit BUILDX", f"exit {0 if buildx else 1}")
        text = text.replace("REFUSED", refused or "nothing").replace("WORDS", words)
        (self.home / "bin").mkdir()
        (self.home / "bin/docker").write_text(text)
        (self.home / "bin/docker").chmod(0o755)

    async def build(self) -> None:
        await ImageBuild(self._run, Hooks(self._run, hosts=())).build_and_push()

    @property
    def calls(self) -> list[str]:
        return (self.home / "calls").read_text().splitlines()

    @property
    def variables(self) -> list[str]:
        """DOCKER_CONFIG and BUILDX_CONFIG of the last build or push."""
        return (self.home / "variables").read_text().rstrip("\n").split(" ")

    @property
    def config_seen(self) -> object:
        return json.loads((self.home / "config-seen").read_text())


async def refusal(workshop: Workshop) -> BuildFailed:
    with pytest.raises(BuildFailed) as caught:
        await workshop.build()
    return caught.value


@pytest.mark.parametrize("buildx", [True, False])
async def test_builds_and_pushes_have_the_login_and_nothing_else_is_changed(
    tmp_path: Path, buildx: bool
) -> None:
    workshop = Workshop(tmp_path, buildx=buildx)
    await workshop.build()
    directory, builders = workshop.variables
    assert workshop.config_seen == {
        "credsStore": "nowhere",
        "auths": {"registry.test": {"auth": LOGIN}},
        "credHelpers": {"registry.test": ""},
    }
    assert builders == str(workshop.own / "buildx")
    assert not Path(directory).exists()
    assert (workshop.own / "config.json").read_text() == '{"credsStore": "nowhere"}'
    assert [path.name for path in workshop.own.iterdir()] == ["config.json"]


@pytest.mark.parametrize("buildx", [True, False])
async def test_neither_name_nor_password_is_in_an_argument_or_an_event(tmp_path: Path, buildx: bool) -> None:
    workshop = Workshop(tmp_path, buildx=buildx)
    await workshop.build()
    told = "\n".join([*workshop.calls, *(repr(event) for event in workshop.events)])
    assert not any(call.startswith("login") for call in workshop.calls)
    assert not any(secret in told for secret in (USER, PASSWORD, LOGIN))


async def test_without_credentials_the_users_own_configuration_is_used(tmp_path: Path) -> None:
    workshop = Workshop(tmp_path, signs_in=False)
    (workshop.home / "bin/docker").write_text(
        (workshop.home / "bin/docker").read_text().replace('cat "$DOCKER_CONFIG/config.json"', "echo {}")
    )
    await workshop.build()
    assert workshop.variables == ["", ""]


@pytest.mark.parametrize(
    ("buildx", "refused", "words"),
    [
        (False, "push", "unauthorized: authentication required"),
        (True, "buildx", "ERROR: failed to push registry.test/me/app:v1: 401 Unauthorized"),
    ],
)
async def test_a_wrong_password_is_told_as_such(
    tmp_path: Path, buildx: bool, refused: str, words: str
) -> None:
    error = await refusal(Workshop(tmp_path, buildx=buildx, refused=refused, words=words))
    assert (error.what, error.where) == ("the registry refused the login", "registry.test")
    assert words in error.evidence
    assert "registry.password" in error.fix


async def test_a_build_that_fails_otherwise_is_not_blamed_on_the_login(tmp_path: Path) -> None:
    error = await refusal(Workshop(tmp_path, buildx=False, refused="build", words="unauthorized: RUN said"))
    assert error.what == "docker build ended with status 1"


async def test_a_cancelled_build_leaves_no_login_behind(tmp_path: Path) -> None:
    workshop = Workshop(tmp_path)
    os.mkfifo(tmp_path / "begun")
    async with asyncio.TaskGroup() as group:
        build = group.create_task(workshop.build())
        await asyncio.to_thread((tmp_path / "begun").read_text)
        directory = Path(workshop.variables[0])
        assert (directory / "config.json").exists()
        build.cancel()
    assert not directory.exists()


@pytest.mark.parametrize("missing", ["git", "docker"])
async def test_a_program_that_is_missing_here_is_told_with_the_ways_out(tmp_path: Path, missing: str) -> None:
    workshop = Workshop(tmp_path, path="HOME/bin")
    if missing == "docker":
        (tmp_path / "bin/docker").unlink()
    error = await refusal(workshop)
    assert error.what == f"{missing} is not installed on this machine, or not on its PATH"
    assert "--skip-push" in error.fix


async def test_a_program_that_may_not_be_run_is_told_with_the_reason(tmp_path: Path) -> None:
    workshop = Workshop(tmp_path, path="HOME/bin")
    (tmp_path / "bin/docker").write_text("no program")
    error = await refusal(workshop)
    assert error.what == "docker could not be started: Exec format error"
