"""Hooks are real programs, so these tests run on real time."""

import asyncio
import os
from pathlib import Path

import pytest

from backstaff.clock import LoopClock
from backstaff.config.credentials import SecretValue
from backstaff.config.models import BackstaffSettings, Timeouts
from backstaff.engine.context import RunContext
from backstaff.engine.hooks import Hooks
from backstaff.engine.performer import Performer
from backstaff.errors import HookFailed, WaitExpired
from backstaff.events.redact import Redactor
from backstaff.events.stream import EventStream
from backstaff.events.types import CommandRun, Event, Output
from tests.engine.running import failure_of, short_config

SHOW = "#!/bin/sh\nenv | grep -E '^(KAMAL_|TOKEN)' | sort\n"


class Hooked:
    """A run in a directory of its own, with one hook."""

    def __init__(
        self,
        directory: Path,
        script: str = SHOW,
        *,
        name: str = "pre-deploy",
        mode: int = 0o755,
        limit_s: float = 30,
    ) -> None:
        hooks = directory / ".kamal" / "hooks"
        hooks.mkdir(parents=True)
        (hooks / name).write_text(script)
        (hooks / name).chmod(mode)
        clock = LoopClock()
        self.events: list[Event] = []
        self.run = RunContext(
            run_id="r",
            command="app boot",
            config=short_config(backstaff=BackstaffSettings(timeouts=Timeouts(hook=limit_s))),
            version="0123456789",
            performer=Performer("Ada", "ada@example.com"),
            stream=EventStream(clock, Redactor([]), [self.events.append]),
            secrets={"TOKEN": SecretValue("s3cret-value")},
            clock=clock,
            environ={"PATH": "/usr/bin:/bin", "KAMAL_VERSION": "mine"},
            directory=directory,
        )

    def hooks(self, *, roles: tuple[str, ...] = (), skip: bool = False) -> Hooks:
        return Hooks(self.run, hosts=("h1", "h2"), roles=roles, skip=skip)

    def output(self) -> list[str]:
        return [each.body.text for each in self.events if isinstance(each.body, Output)]

    def environment(self) -> dict[str, str]:
        return dict(line.partition("=")[::2] for line in self.output())


async def test_a_hook_is_told_about_the_run(tmp_path: Path) -> None:
    hooked = Hooked(tmp_path)
    await hooked.hooks(roles=("web",)).run("pre-deploy")
    environment = hooked.environment()
    assert environment.pop("KAMAL_RECORDED_AT").endswith("Z")
    assert environment == {
        "KAMAL_COMMAND": "app",
        "KAMAL_HOSTS": "h1,h2",
        "KAMAL_LOCK": "false",
        "KAMAL_PERFORMER": "ada@example.com",
        "KAMAL_ROLES": "web",
        "KAMAL_SERVICE": "app",
        "KAMAL_SERVICE_VERSION": "app@0123456",
        "KAMAL_SUBCOMMAND": "boot",
        "KAMAL_VERSION": "0123456789",
        "TOKEN": "s3cret-value",
    }


async def test_a_hook_of_a_group_gets_its_hosts_and_no_secrets(tmp_path: Path) -> None:
    hooked = Hooked(tmp_path, name="pre-app-boot")
    hooks = hooked.hooks()
    hooks.locked = True
    await hooks.run("pre-app-boot", hosts=("h2",), runtime_s=12.4)
    environment = hooked.environment()
    assert (environment["KAMAL_HOSTS"], environment["KAMAL_LOCK"]) == ("h2", "true")
    assert environment["KAMAL_RUNTIME"] == "12"
    assert "TOKEN" not in environment


async def test_a_hook_that_fails_tells_its_last_words(tmp_path: Path) -> None:
    hooked = Hooked(tmp_path, "#!/bin/sh\necho checking\necho 'tests are red' >&2\nexit 7\n")
    error = await failure_of(hooked.hooks().run("pre-deploy"))
    assert isinstance(error, HookFailed)
    assert error.what == "hook pre-deploy ended with status 7"
    assert set(error.evidence) == {"checking", "tests are red"}
    assert [each.body.status for each in hooked.events if isinstance(each.body, CommandRun)] == [7]


async def test_a_hook_that_is_not_executable_is_an_error_with_its_fix(tmp_path: Path) -> None:
    error = await failure_of(Hooked(tmp_path, mode=0o644).hooks().run("pre-deploy"))
    assert error.what == "hook pre-deploy is not executable"
    assert error.fix.startswith("chmod +x ")


@pytest.mark.parametrize("script", ["", "#!/no/such/interpreter\n"])
async def test_a_hook_that_can_not_be_started_is_told_as_such(tmp_path: Path, script: str) -> None:
    error = await failure_of(Hooked(tmp_path, script).hooks().run("pre-deploy"))
    assert isinstance(error, HookFailed)


async def test_a_hook_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    mark = tmp_path / "went-on"
    hooked = Hooked(tmp_path, f"#!/bin/sh\nsleep 30\ntouch {mark}\n", limit_s=0.1)
    error = await failure_of(hooked.hooks().run("pre-deploy"))
    assert isinstance(error, WaitExpired)
    assert not mark.exists()


async def test_a_cancelled_hook_is_ended(tmp_path: Path) -> None:
    hooked = Hooked(tmp_path, "#!/bin/sh\necho $$\nexec sleep 30\n")

    async def once_begun() -> None:
        while not hooked.output():  # noqa: ASYNC110 - a program of the system's gives no other sign
            await asyncio.sleep(0.01)

    async with asyncio.TaskGroup() as group:
        running = group.create_task(hooked.hooks().run("pre-deploy"))
        await once_begun()
        running.cancel()
    assert running.cancelled()
    with pytest.raises(ProcessLookupError):
        os.kill(int(hooked.output()[0]), 0)


async def test_hooks_that_are_missing_or_skipped_do_nothing(tmp_path: Path) -> None:
    hooked = Hooked(tmp_path, "#!/bin/sh\nexit 1\n")
    await hooked.hooks().run("post-deploy")
    await hooked.hooks(skip=True).run("pre-deploy")
    assert hooked.events == []


async def test_of_a_hook_that_talks_a_lot_the_last_lines_are_told(tmp_path: Path) -> None:
    hooked = Hooked(
        tmp_path, "#!/bin/sh\nfor line in 1 2 3 4 5 6 7 8 9 10 11 12; do echo $line; done; exit 1\n"
    )
    with pytest.raises(HookFailed) as caught:
        await hooked.hooks().run("pre-deploy")
    assert caught.value.evidence == tuple(str(number) for number in range(3, 13))
