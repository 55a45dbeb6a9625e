"""A registry on this machine, for those who have no other: lent to the hosts while they pull."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from backstaff.engine.context import RunContext
from backstaff.engine.guarded import GuardedHost
from backstaff.engine.local_commands import LocalCommands, last_words
from backstaff.engine.together import on_each
from backstaff.errors import BuildFailed
from backstaff.kamal.build import LOCAL_REGISTRY_START


async def ensure_local_registry(run: RunContext) -> None:
    """Start the registry container that Kamal uses too, unless it runs. Does nothing for other registries."""
    port = run.config.registry.local_port
    if port is None:
        return
    with run.report.step("start the local registry", detail=f"port {port}"):
        line = LOCAL_REGISTRY_START.format(port=port)
        result = await LocalCommands(run, run.environ).ask(["sh", "-c", line])
        if result.status != 0:
            raise BuildFailed(
                "the local registry could not be started",
                evidence=last_words(result),
                fix="look at `docker logs kamal-docker-registry` on this machine",
            )


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
