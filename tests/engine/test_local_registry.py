"""The local registry: started, waited for, and lent to the hosts."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from backstaff.config.models import BackstaffSettings, Registry, Timeouts
from backstaff.engine.context import RunContext
from backstaff.engine.guarded import GuardedHost
from backstaff.engine.local_registry import ensure_local_registry, lent_to
from backstaff.errors import BuildFailed, CommandFailed
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


def with_docker(directory: Path, script: str, port: int, **timeouts: float) -> RunContext:
    """A run whose `docker` is a shell script, and whose registry is at the port."""
    run = Hooked(directory).run
    docker = directory / "bin" / "docker"
    docker.parent.mkdir()
    docker.write_text(f"#!/bin/sh\n{script}\n")
    docker.chmod(0o755)
    config = short_config(
        registry=Registry(server=f"localhost:{port}"),
        backstaff=BackstaffSettings(timeouts=Timeouts(**timeouts)),
    )
    return replace(run, config=config, environ={"PATH": f"{docker.parent}:/usr/bin:/bin"})


async def test_a_registry_is_waited_for_while_there_is_nobody_behind_its_port(tmp_path: Path) -> None:
    asked = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked += 1
        await reader.readuntil(b"\r\n\r\n")
        if asked > 2:
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        await ensure_local_registry(with_docker(tmp_path, 'echo "$@" >>asked', port))

    assert asked == 3
    assert (tmp_path / "asked").read_text() == "start kamal-docker-registry\n"


async def test_a_registry_that_answers_at_another_port_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    with pytest.raises(BuildFailed, match=f"does not answer at localhost:{port}") as failure:
        await ensure_local_registry(with_docker(tmp_path, "exit 0", port, command=0.2))

    assert "docker rm -f kamal-docker-registry" in failure.value.fix


async def test_a_registry_that_can_not_be_started_is_told_in_dockers_words(tmp_path: Path) -> None:
    with pytest.raises(BuildFailed, match="could not be started") as failure:
        await ensure_local_registry(with_docker(tmp_path, 'echo "no $1" >&2; exit 1', 5555))

    assert list(failure.value.evidence) == ["no start", "no run"]
