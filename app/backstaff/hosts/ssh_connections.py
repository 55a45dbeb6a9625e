"""All SSH connections of a run: how many start at once, and which way each of them takes."""

import asyncio

from backstaff.errors import HostUnreachable
from backstaff.hosts.jump_hosts import JumpHosts, Route
from backstaff.hosts.ssh_host import SshHost
from backstaff.hosts.ssh_link import Link
from backstaff.hosts.ssh_login import LoginPolicy, SshLogin, resolve
from backstaff.hosts.ssh_settings import Target, target_of


class SshConnections:
    """Opens connections under the limit of `sshkit.max_concurrent_starts`."""

    def __init__(self, policy: LoginPolicy) -> None:
        self._policy = policy
        self._starts = asyncio.Semaphore(max(1, policy.sshkit.max_concurrent_starts))
        self._jumps = JumpHosts(policy)

    async def connect(self, name: str) -> SshHost:
        """Connect to a host of deploy.yml and log in. Raises `HostUnreachable` or a kind of it."""
        target = target_of(name, self._policy.ssh)
        link, route = await self._link(target)

        async def another() -> Link:
            extra, extra_route = await self._link(target)
            await self._jumps.release(extra_route)
            return extra

        async def leave() -> None:
            await self._jumps.release(route)

        return SshHost(name, link, self._policy.clock, another=another, on_close=leave)

    async def _link(self, target: Target) -> tuple[Link, Route]:
        async with self._starts:
            login = SshLogin(self._policy, target, options := await resolve(self._policy, target))
            route = await self._jumps.route_to(target, options)
            via = await self._via(target, route)
            try:
                return await login.connect(via, route[-1].name if route else ""), route
            except BaseException:
                await self._jumps.release(route)
                raise

    async def _via(self, target: Target, route: Route) -> Link | None:
        try:
            return await self._jumps.acquire(route)
        except HostUnreachable as error:
            raise type(error)(
                f"its jump host {error.where} can not be used: {error.what}",
                where=target.name,
                evidence=error.evidence,
                fix=error.fix,
            ) from error
