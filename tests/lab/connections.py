"""Backstaff's own connections to the lab's hosts."""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from backstaff.config.models.settings import Timeouts, UnknownHosts
from backstaff.config.models.ssh import Ssh, SshKit
from backstaff.hosts.connect import SshConnector
from backstaff.hosts.protocol import RegistryAuth
from backstaff.hosts.ssh_host import SshHost
from tests.lab.host import LabHost
from tests.lab.lab import Lab

_LABS_OWN = Path("/labs/own")
QUICK = Timeouts(connect=5.0, silence=4.0)


def a_connector(
    lab: Lab,
    *,
    ssh: Ssh | None = None,
    known_hosts: Path | None = _LABS_OWN,
    unknown_hosts: UnknownHosts = UnknownHosts.ACCEPT_NEW,
) -> SshConnector:
    """A connector with the lab's key and known_hosts unless told otherwise, quick to notice silence."""
    return SshConnector(
        ssh or Ssh(keys=(str(lab.ssh_key),), keys_only=True, config=False),
        SshKit(),
        known_hosts=lab.known_hosts if known_hosts is _LABS_OWN else known_hosts,
        unknown_hosts=unknown_hosts,
        timeouts=QUICK,
    )


@asynccontextmanager
async def connected(lab: Lab, host: LabHost, *, user: str = "root") -> AsyncIterator[SshHost]:
    """A connection to a host, closed at the end."""
    connection = await a_connector(lab).connect(host.address if user == "root" else f"{user}@{host.address}")
    try:
        yield connection
    finally:
        await connection.close()


def credentials(lab: Lab) -> RegistryAuth:
    """The login for the lab's registry."""
    return RegistryAuth(lab.registry, lab.registry_user, lab.registry_password)


async def until_true(condition: Callable[[], Awaitable[bool]]) -> None:
    """Return once the condition holds; TimeoutError if it does not within 20 s."""
    async with asyncio.timeout(20):
        while not await condition():  # noqa: ASYNC110 (nobody tells; it has to be looked at)
            await asyncio.sleep(0.05)


def key_of(path: Path) -> Path:
    """Make a private key that no host knows."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)
    return path
