"""A registry on this machine, for those who have no other: lent to the hosts while they pull."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from backstaff.engine.context import RunContext
from backstaff.engine.guarded import GuardedHost
from backstaff.engine.local_commands import LocalCommands, last_words
from backstaff.engine.together import on_each
from backstaff.engine.waits import Wait
from backstaff.errors import BuildFailed, WaitExpired
from backstaff.events.facts import WaitKind
from backstaff.kamal.build import LOCAL_REGISTRY_START

_ASK_EVERY_S = 0.1
_ANSWER_S = 5.0
_LOOK = "look at `docker logs kamal-docker-registry` on this machine"


async def ensure_local_registry(run: RunContext) -> None:
    """Start the registry container that Kamal uses too, unless it runs, and wait until it answers. Does
    nothing for other registries. Raises BuildFailed."""
    port = run.config.registry.local_port
    if port is None:
        return
    with run.report.step("start the local registry", detail=f"port {port}"):
        line = LOCAL_REGISTRY_START.format(port=port)
        # The first time, Docker pulls the registry's own image.
        limit = run.timeouts.build_silence
        result = await LocalCommands(run, run.environ).ask(["sh", "-c", line], limit_s=limit)
        if result.status != 0:
            raise BuildFailed(
                "the local registry could not be started",
                evidence=last_words(result),
                fix=_LOOK,
            )
        await _wait_until_it_answers(run, port)


async def _wait_until_it_answers(run: RunContext, port: int) -> None:
    """Docker opens a container's port before there is anybody behind it."""

    async def ask() -> None:
        while not await _answers(port):
            await run.clock.sleep(_ASK_EVERY_S)

    wait = Wait(
        WaitKind.COMMAND,
        f"ask the local registry at localhost:{port}",
        "the container kamal-docker-registry",
        run.timeouts.command,
        quiet=True,
    )
    try:
        await run.waits.wait(wait, lambda _: ask())
    except WaitExpired as error:
        raise BuildFailed(
            f"the local registry was started, but does not answer at localhost:{port}",
            evidence=[error.what],
            fix=f"{_LOOK}; if it is for another port, remove it with `docker rm -f kamal-docker-registry`",
        ) from error


async def _answers(port: int) -> bool:
    """Whether somebody at the port speaks HTTP."""
    try:
        async with asyncio.timeout(_ANSWER_S):
            reader, writer = await asyncio.open_connection("localhost", port)
            try:
                writer.write(b"GET /v2/ HTTP/1.0\r\nHost: localhost\r\n\r\n")
                return (await reader.readline()).startswith(b"HTTP/")
            finally:
                writer.close()
    except (OSError, ValueError):
        return False


@asynccontextmanager
async def lent_to(run: RunContext, hosts: Sequence[GuardedHost]) -> AsyncIterator[None]:
    """While open, each host reaches the local registry at the same `localhost` port as this machine.

    All hosts are asked at once. If one refuses, what the others were lent is taken back, and it is told.
    """
    port = run.config.registry.local_port
    async with AsyncExitStack() as lent:
        if port is not None:
            await on_each(hosts, lambda host: lent.enter_async_context(host.lend(port)))
        yield
