"""Programs inside containers: how their ends are learned, and what is made ready for them."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from backstaff.hosts import docker_socket
from backstaff.hosts.ssh_host import SshHost
from tests.hosts.builders import connected
from tests.hosts.fake_docker import FakeDocker, fake_docker, frame, json_line
from tests.hosts.ssh_server import ServerSettings, ServerState, until

ARGV = ["kamal-proxy", "list"]


@pytest.fixture
async def docker(
    settings: ServerSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[FakeDocker]:
    settings.docker_socket = tmp_path / "docker.sock"
    monkeypatch.setattr(docker_socket, "REMOTE_SOCKET", str(settings.docker_socket))
    async with fake_docker(settings.docker_socket) as docker:
        docker.says("POST /containers/proxy/exec", {"Id": "e1"}, status=201)
        docker.streams("POST /exec/e1/start", [frame(1, b"out")])
        docker.says("GET /exec/e1/json", {"Running": False, "ExitCode": 7, "ProcessConfig": {"tty": False}})
        yield docker


@pytest.fixture
async def host(docker: FakeDocker, server: ServerState, known_hosts: Path) -> AsyncIterator[SshHost]:
    async with connected(server, known_hosts) as host:
        yield host


def asked(docker: FakeDocker, path: str) -> int:
    return sum(request.path.endswith(path) for request in docker.requests)


async def test_the_exit_code_is_taken_from_dockers_events_while_they_are_followed(
    docker: FakeDocker, host: SshHost
) -> None:
    ended = asyncio.Event()
    attributes = {"execID": "e1", "exitCode": "3"}

    async def events(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await ended.wait()
        died = {"Action": "exec_die", "Actor": {"ID": "abc", "Attributes": attributes}, "timeNano": 5}
        await response.write(json_line(**died))
        await asyncio.Event().wait()
        return response

    async def start(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        ended.set()
        await response.write(frame(1, b"out"))
        return response

    docker.answers |= {"GET /events": events, "POST /exec/e1/start": start}

    async def follow() -> None:
        async for event in host.docker.events():
            raise AssertionError(f"programs are nobody's business: {event}")

    async with asyncio.TaskGroup() as group:
        following = group.create_task(follow())
        await until(lambda: asked(docker, "/events") == 1)
        result = await host.docker.execute("proxy", ARGV)
        following.cancel()

    assert (result.status, result.stdout) == (3, "out")
    assert asked(docker, "/exec/e1/json") == 0


async def test_without_events_the_exit_code_is_asked_for(docker: FakeDocker, host: SshHost) -> None:
    assert (await host.docker.execute("proxy", ARGV)).status == 7
    assert asked(docker, "/exec/e1/json") == 1


async def test_what_was_made_ready_is_started_once(docker: FakeDocker, host: SshHost) -> None:
    await host.docker.make_ready("proxy", ARGV)
    await host.docker.execute("proxy", ARGV)
    assert asked(docker, "/containers/proxy/exec") == 1

    await host.docker.execute("proxy", ARGV)
    assert asked(docker, "/containers/proxy/exec") == 2


async def test_other_words_do_not_start_what_was_made_ready(docker: FakeDocker, host: SshHost) -> None:
    await host.docker.make_ready("proxy", ARGV)
    await host.docker.execute("proxy", [*ARGV, "--all"])
    assert asked(docker, "/containers/proxy/exec") == 2


@pytest.mark.parametrize("status", [404, 409])
async def test_what_docker_has_forgotten_since_is_made_anew(
    docker: FakeDocker, host: SshHost, status: int
) -> None:
    docker.says("POST /containers/proxy/exec", {"Id": "gone"}, status=201)
    docker.says("POST /exec/gone/start", {"message": "no such exec"}, status=status)
    await host.docker.make_ready("proxy", ARGV)
    docker.says("POST /containers/proxy/exec", {"Id": "e1"}, status=201)

    assert (await host.docker.execute("proxy", ARGV)).stdout == "out"
