"""Whatever answers on a host's Docker socket: the run ends by its deadline and says who did not behave."""

import asyncio
import resource
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from backstaff.config.models import Timeouts
from backstaff.engine.guarded import GuardedHost
from backstaff.errors import BackstaffError, DockerFailed, DockerUnavailable, RemoteError, WaitExpired
from backstaff.events.bounded import LONGEST_TEXT
from backstaff.hosts import docker_http, docker_socket
from tests.hostile.docker_socket import GARBLED, SILENT, Answer, GarbledDocker, bomb, garbled_docker
from tests.hostile.hosts import guarded_host
from tests.hosts.builders import address
from tests.hosts.ssh_server import ServerSettings, ServerState

SHORT = Timeouts(docker=0.5, command=1, start=1, stop_grace=1, pull_silence=0.5)
BOUND_S = 60.0
"""Far above the sum of the deadlines, for a machine that is busy: what hangs is still there then."""
MOST_MEMORY_KB = 200 * 1024
SMALL_ANSWER = 1024 * 1024

ALL = {**GARBLED, **SILENT}
each_answer = pytest.mark.parametrize("answer", ALL.values(), ids=ALL.keys())


@pytest.fixture(autouse=True)
def _short_and_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backstaff.engine.caller.SLACK_S", 0.0)
    monkeypatch.setattr(docker_http, "LARGEST_ANSWER", SMALL_ANSWER)


@asynccontextmanager
async def a_docker(
    settings: ServerSettings, directory: Path, monkeypatch: pytest.MonkeyPatch, answer: Answer
) -> AsyncIterator[GarbledDocker]:
    """One that answers so, where the host's sshd looks for it."""
    settings.docker_socket = directory / "docker.sock"
    monkeypatch.setattr(docker_socket, "REMOTE_SOCKET", str(settings.docker_socket))
    async with garbled_docker(settings.docker_socket, answer) as docker:
        yield docker


def check(error: BackstaffError, host: str) -> None:
    """It is told whose Docker it was, in a sentence of bounded length."""
    assert error.where == host
    assert "ocker" in error.what or error.what == "page not found", error.what
    assert len(error.what) > 10
    assert "Traceback" not in error.what
    assert len(error.what.splitlines()[0]) < 2 * LONGEST_TEXT


@each_answer
async def test_a_host_whose_docker_is_none_can_not_be_used(
    settings: ServerSettings,
    server: ServerState,
    known_hosts: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    answer: Answer,
) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    async with a_docker(settings, tmp_path, monkeypatch, answer), asyncio.timeout(BOUND_S):
        with pytest.raises(RemoteError) as failure:
            async with guarded_host(server, known_hosts, timeouts=SHORT):
                raise AssertionError("it was taken for a Docker Engine")
    check(failure.value, address(server))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MOST_MEMORY_KB


@each_answer
async def test_a_call_to_a_docker_that_has_lost_its_mind_ends(
    settings: ServerSettings,
    server: ServerState,
    known_hosts: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    answer: Answer,
) -> None:
    async with (
        a_docker(settings, tmp_path, monkeypatch, answer) as docker,
        asyncio.timeout(BOUND_S),
    ):
        docker.knows_its_version = True
        async with guarded_host(server, known_hosts, timeouts=SHORT) as (_, host):
            error = await failure_of_calls(host)
    check(error, address(server))


async def failure_of_calls(host: GuardedHost) -> BackstaffError:
    """What a look at the containers comes to; if that is fine, at one container."""
    for call in (host.docker.containers, lambda: host.docker.inspect("app")):
        try:
            await call()
        except (DockerFailed, DockerUnavailable, WaitExpired) as error:
            return error
    raise AssertionError("it made sense")


@pytest.mark.parametrize(
    "name", ["garbage", "json-without-end", "an-error-as-a-page", "half-a-chunked-answer"]
)
async def test_streams_of_such_a_docker_end_too(
    settings: ServerSettings,
    server: ServerState,
    known_hosts: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    async with (
        a_docker(settings, tmp_path, monkeypatch, ALL[name]) as docker,
        asyncio.timeout(BOUND_S),
    ):
        docker.knows_its_version = True
        async with guarded_host(server, known_hosts, timeouts=SHORT) as (_, host):
            for stream in (host.docker.events(), host.docker.logs("app"), host.docker.pull("app:v1", None)):
                with pytest.raises(BackstaffError) as failure:
                    async for _ in stream:
                        pass
                check(failure.value, address(server))


async def test_a_small_answer_that_unpacks_to_gigabytes_is_not_unpacked(
    settings: ServerSettings,
    server: ServerState,
    known_hosts: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer = bomb()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    async with a_docker(settings, tmp_path, monkeypatch, answer), asyncio.timeout(BOUND_S):
        with pytest.raises(RemoteError) as failure:
            async with guarded_host(server, known_hosts, timeouts=SHORT):
                raise AssertionError("it was taken for a Docker Engine")
    check(failure.value, address(server))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MOST_MEMORY_KB
