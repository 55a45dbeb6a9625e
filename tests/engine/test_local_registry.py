"""Lending the local registry to the hosts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from backstaff.config.models import Registry
from backstaff.engine.context import RunContext
from backstaff.engine.guarded import GuardedHost
from backstaff.engine.local_registry import lent_to
from backstaff.errors import CommandFailed
from tests.engine.running import short_config
from tests.engine.test_hooks import Hooked


class Borrower(GuardedHost):
    """A host that gets the port once `asked` hosts have asked for it, or refuses it."""

    def __init__(self, name: str, together: asyncio.Barrier, *, refuses: bool = False) -> None:
        self._name = name
        self._together = together
        self._refuses = refuses
        self.port: int | None = None

    @property
    def name(self) -> str:
        return self._name

    @asynccontextmanager
    async def lend(self, port: int) -> AsyncIterator[None]:
        await self._together.wait()
        if self._refuses:
            raise CommandFailed("sshd does not allow it", status=None, where=self.name)
        self.port = port
        try:
            yield
        finally:
            self.port = None


def a_run(directory: Path) -> RunContext:
    return replace(Hooked(directory).run, config=short_config(registry=Registry(server="localhost:5555")))


async def test_all_hosts_are_lent_the_registry_at_once(tmp_path: Path) -> None:
    together = asyncio.Barrier(3)
    hosts = [Borrower(name, together) for name in ("h1", "h2", "h3")]
    async with asyncio.timeout(5), lent_to(a_run(tmp_path), hosts):
        assert [host.port for host in hosts] == [5555, 5555, 5555]
    assert [host.port for host in hosts] == [None, None, None]


async def test_when_one_host_refuses_the_others_give_it_back(tmp_path: Path) -> None:
    together = asyncio.Barrier(3)
    hosts = [Borrower(name, together, refuses=name == "h2") for name in ("h1", "h2", "h3")]
    with pytest.raises(CommandFailed) as caught:
        async with asyncio.timeout(5), lent_to(a_run(tmp_path), hosts):
            raise AssertionError("the body must not run")
    assert caught.value.where == "h2"
    assert [host.port for host in hosts] == [None, None, None]
