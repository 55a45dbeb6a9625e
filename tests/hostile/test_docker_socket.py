"""Whatever answers on a host's Docker socket: the run ends by its deadline and says who did not behave."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from backstaff.config.models import Timeouts
from backstaff.errors import BackstaffError, RemoteError
from backstaff.hosts import docker_http, docker_socket
from tests.hostile.docker_calls import call, calls, outcome
from tests.hostile.docker_socket import GARBLED, SILENT, Answer, GarbledDocker, bomb, garbled_docker
from tests.hostile.hosts import guarded_host
from tests.hostile.memory import added_memory
from tests.hosts.builders import address, connected
from tests.hosts.ssh_server import ServerSettings, ServerState

SHORT = Timeouts(docker=0.4, command=0.5, start=0.5, stop_grace=0.5, pull_silence=0.5)
BOUND_S = 60.0
"""Far above the sum of the deadlines, for a machine that is busy: what hangs is still there then."""
MOST_MEMORY = 100 * 1024 * 1024
SMALL_ANSWER = 1024 * 1024

LONGEST_SENTENCE = 300
PROGRAMMERS_WORDS = (
    "Traceback", "validation error", "Field required", "NoneType", "to unpack", "codec", "indices",
    "argument", "Errno", "object at", "b'", "_Inspection", "_ImageSummary", "RawResponse", "localhost",
    "Expecting value",
)  # fmt: skip
ASKED = tuple(name for name in calls() if name != "version")
"""The version is known from when the session was opened."""
ENDED_BY_THEIR_READER = {"events", "logs", "pull", "make_ready"}
"""Streams have no deadline of their own. What can not be made ready is told when it is to be run."""

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
    """One that answers so, where the host's sshd looks for it. Docker's command line finds nothing amiss."""
    programs = directory / "programs"
    programs.mkdir()
    (programs / "docker").write_text("#!/bin/sh\necho 20.10.24\n")
    (programs / "docker").chmod(0o755)
    settings.path = f"{programs}:{settings.path}"
    settings.docker_socket = directory / "docker.sock"
    monkeypatch.setattr(docker_socket, "REMOTE_SOCKET", str(settings.docker_socket))
    async with garbled_docker(settings.docker_socket, answer) as docker:
        yield docker


def check(error: BackstaffError, host: str) -> None:
    """It is told whose Docker it was and what was wrong, in one sentence of bounded length for people."""
    assert error.where == host
    assert "ocker" in error.what, error.what
    assert 10 < len(error.what) < LONGEST_SENTENCE, error.what
    for line in (error.what, *error.evidence, error.fix):
        assert not any(word in line for word in PROGRAMMERS_WORDS), line
        assert line.isprintable(), line
    assert error.fix


Refused = Callable[[Answer], Awaitable[None]]


@pytest.fixture
def refused(
    settings: ServerSettings,
    server: ServerState,
    known_hosts: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Refused:
    """A host whose Docker answers so is told to be none, and the answer is not kept in memory."""

    async def refuse(answer: Answer) -> None:
        with added_memory() as added:
            async with a_docker(settings, tmp_path, monkeypatch, answer), asyncio.timeout(BOUND_S):
                with pytest.raises(RemoteError) as failure:
                    async with guarded_host(server, known_hosts, timeouts=SHORT):
                        raise AssertionError("it was taken for a Docker Engine")
            assert added() < MOST_MEMORY
        check(failure.value, address(server))

    return refuse


@each_answer
async def test_a_host_whose_docker_is_none_can_not_be_used(refused: Refused, answer: Answer) -> None:
    await refused(answer)


@pytest.mark.parametrize("answer", GARBLED.values(), ids=GARBLED.keys())
async def test_whatever_is_asked_of_a_docker_that_has_lost_its_mind_fails_in_words(
    settings: ServerSettings,
    server: ServerState,
    known_hosts: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    answer: Answer,
) -> None:
    with added_memory() as added:
        async with a_docker(settings, tmp_path, monkeypatch, answer) as docker, asyncio.timeout(BOUND_S):
            docker.knows_its_version = True
            async with connected(server, known_hosts) as host:
                for name in ASKED:
                    check(await failure_of(call(host.docker, name)), address(server))
        assert added() < MOST_MEMORY


@pytest.mark.parametrize("answer", SILENT.values(), ids=SILENT.keys())
async def test_whatever_is_asked_of_a_docker_that_does_not_come_to_an_end_ends_by_its_deadline(
    settings: ServerSettings,
    server: ServerState,
    known_hosts: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    answer: Answer,
) -> None:
    monkeypatch.setattr("backstaff.engine.guarded.DOCKER_GRACE", 0)
    async with a_docker(settings, tmp_path, monkeypatch, answer) as docker, asyncio.timeout(BOUND_S):
        docker.knows_its_version = True
        async with guarded_host(server, known_hosts, timeouts=SHORT) as (_, host):
            asked = [call(host.docker, name) for name in ASKED if name not in ENDED_BY_THEIR_READER]
            await host.docker.make_ready("app", ["true"])
            failures = await asyncio.gather(
                *(failure_of(each) for each in asked), failure_of(host.docker.read_logs("app"))
            )
    for failure in failures:
        check(failure, address(server))


async def failure_of(called: Awaitable[object] | AsyncGenerator[object, None]) -> BackstaffError:
    """What a call fails with; anything but our own error is a bug."""
    try:
        told = await outcome(called)
    except BackstaffError as error:
        return error
    raise AssertionError(f"it made sense: {told!r}")


async def test_a_small_answer_that_unpacks_to_gigabytes_is_not_unpacked(refused: Refused) -> None:
    await refused(bomb())
