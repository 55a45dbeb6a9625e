"""The way to a host: which jump hosts lie on it, and their connections, shared by all hosts behind them."""

import asyncio
from dataclasses import dataclass, field

import asyncssh

from backstaff.errors import HostUnreachable
from backstaff.hosts.known_hosts import SSH_PORT
from backstaff.hosts.ssh_link import Link, close_link
from backstaff.hosts.ssh_login import LoginPolicy, SshLogin, resolve
from backstaff.hosts.ssh_settings import Target, jump_target

Route = tuple[Target, ...]
"""Jump hosts in the order in which they are passed."""

_LONGEST = 8


@dataclass
class _Shared:
    """`failure` is how the latest of the `tries` to connect ended, None if it went well."""

    link: Link | None = None
    tries: int = 0
    failure: HostUnreachable | None = None
    users: int = 0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class JumpHosts:
    """Connections to jump hosts, opened with the first host behind them and closed with the last."""

    def __init__(self, policy: LoginPolicy) -> None:
        self._policy = policy
        self._shared: dict[Route, _Shared] = {}

    async def route_to(self, target: Target, options: asyncssh.SSHClientConnectionOptions) -> Route:
        """The jump hosts on the way to `target`, from deploy.yml or from the ssh configuration.

        The first of them may itself be behind others. Raises HostUnreachable for a way without an end.
        """
        route = self._hops(target, options)
        while route:
            first = route[0]
            before = self._hops(first, await resolve(self._policy, first))
            if not before:
                break
            route = before + route
            if len(route) > _LONGEST:
                raise HostUnreachable(
                    "its jump hosts lead to each other without an end",
                    where=target.name,
                    evidence=[hop.name for hop in route],
                    fix="correct ProxyJump in the ssh configuration",
                )
        return route

    async def acquire(self, route: Route) -> Link | None:
        """The connection to the last jump host of the way, None for an empty way; pair with `release`.

        Raises HostUnreachable. All who waited for one try share its outcome: a jump host that does not
        answer is not waited for once more by every host behind it.
        """
        if not route:
            return None
        shared = self._shared.setdefault(route, _Shared())
        tries_before = shared.tries
        async with shared.lock:
            if shared.link and shared.link.observer.ended:
                ended, shared.link = shared.link, None
                await close_link(ended)
                await self.release(route[:-1])
            if shared.link is None:
                if shared.failure and shared.tries > tries_before:
                    raise shared.failure
                shared.link = await self._try(shared, route)
            shared.users += 1
            return shared.link

    async def release(self, route: Route) -> None:
        """Give a connection back; the last one who does closes it."""
        if not route:
            return
        shared = self._shared[route]
        shared.users -= 1
        if shared.users == 0 and shared.link:
            link, shared.link = shared.link, None
            await close_link(link)
            await self.release(route[:-1])

    async def _try(self, shared: _Shared, route: Route) -> Link:
        shared.failure = None
        try:
            return await self._open(route)
        except HostUnreachable as error:
            shared.failure = error
            raise
        finally:
            shared.tries += 1

    async def _open(self, route: Route) -> Link:
        hop = route[-1]
        via = await self.acquire(route[:-1])
        try:
            login = SshLogin(self._policy, hop, await resolve(self._policy, hop))
            return await login.connect(via, route[-2].name if via else "")
        except BaseException:
            await self.release(route[:-1])
            raise

    def _hops(self, target: Target, options: asyncssh.SSHClientConnectionOptions) -> Route:
        ssh = self._policy.ssh
        if ssh.proxy and not target.jump:
            hops = [jump_target(hop, default_user="root") for hop in ssh.proxy.split(",")]
        elif ssh.proxy_command and not target.jump:
            hops = []
        elif isinstance(options.tunnel, str):
            hops = [jump_target(hop, default_user=None) for hop in options.tunnel.split(",")]
        else:
            hops = []
        # `Host *` with a ProxyJump names the jump host as the way to itself.
        return tuple(hop for hop in hops if _place(hop) != _place(target))


def _place(target: Target) -> tuple[str, int]:
    return target.host, target.port or SSH_PORT
