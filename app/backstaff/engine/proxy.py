"""The proxy container of a host: running, and recent enough."""

from backstaff.engine.context import RunContext
from backstaff.engine.guarded import GuardedHost
from backstaff.engine.waits import Ongoing, Wait
from backstaff.errors import RemoteError
from backstaff.events.facts import WaitKind
from backstaff.kamal.names import PROXY_CONTAINER
from backstaff.kamal.proxy_boot import MINIMUM_VERSION, too_old, version_of_image
from backstaff.kamal.proxy_deploy import list_command

ANSWERS_WITHIN_S = 15.0


def refuse_if_too_old(host: str, image: str) -> None:
    """Raise if the proxy of this image does not understand what we will ask of it."""
    version = version_of_image(image)
    if too_old(version):
        raise RemoteError(
            f"kamal-proxy {version} is older than {MINIMUM_VERSION}, which this deploy needs",
            where=host,
            fix="replace it with `kamal proxy reboot`; each host is out for a moment while it restarts",
        )


async def until_proxy_answers(run: RunContext, host: GuardedHost) -> None:
    """A proxy just started takes a moment to open its control socket."""
    wait = Wait(WaitKind.START, "kamal-proxy to answer", "kamal-proxy", ANSWERS_WITHIN_S, host.name)

    async def answers(_: Ongoing) -> None:
        while (await host.docker.execute(PROXY_CONTAINER, list_command().argv)).status != 0:
            await run.clock.sleep(0.2)

    await run.waits.wait(wait, answers, [host.link, host.engine])
