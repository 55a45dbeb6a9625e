"""Calls to an engine over a real SSH connection, and engines that misbehave."""

import asyncio
import base64
import json
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from backstaff.errors import DockerFailed, DockerNotRunning, DockerUnavailable, HostLost
from backstaff.hosts import docker_http, docker_socket
from backstaff.hosts.docker_follow import unix_time
from backstaff.hosts.docker_pull import auth_header
from backstaff.hosts.protocol import ContainerState, RegistryAuth
from backstaff.hosts.ssh_host import SshHost
from tests.hosts.builders import connected
from tests.hosts.fake_docker import FakeDocker, fake_docker, frame, json_line
from tests.hosts.ssh_server import ServerSettings, ServerState

T1 = "2026-01-02T03:04:05.000000001Z"
RUNNING = {"Id": "abc", "Names": ["/app"], "State": "running", "Created": 5}


@pytest.fixture
async def docker(
    settings: ServerSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[FakeDocker]:
    settings.docker_socket = tmp_path / "docker.sock"
    monkeypatch.setattr(docker_socket, "REMOTE_SOCKET", str(settings.docker_socket))
    async with fake_docker(settings.docker_socket) as docker:
        yield docker


@pytest.fixture
async def host(docker: FakeDocker, server: ServerState, known_hosts: Path) -> AsyncIterator[SshHost]:
    async with connected(server, known_hosts) as host:
        yield host


async def test_containers_are_asked_for_by_label_and_come_newest_first(
    docker: FakeDocker, host: SshHost
) -> None:
    docker.says("GET /containers/json", [RUNNING, {**RUNNING, "Id": "def", "Created": 6}])

    found = await host.docker.containers({"service": "app", "role": "web"})

    assert [(container.id, container.state) for container in found] == [
        ("def", ContainerState.RUNNING),
        ("abc", ContainerState.RUNNING),
    ]
    request = docker.requests[-1]
    assert request.path == "/v1.41/containers/json"
    assert request.query["all"] == "1"
    assert json.loads(request.query["filters"]) == {"label": ["service=app", "role=web"]}


async def test_what_is_not_there_is_none_or_done(docker: FakeDocker, host: SshHost) -> None:
    assert await host.docker.inspect("gone") is None
    assert await host.docker.image("gone:v1") is None
    await host.docker.remove("gone")
    await host.docker.untag("gone:v1")


async def test_a_container_that_is_on_its_way_out_counts_as_removed(
    docker: FakeDocker, host: SshHost
) -> None:
    docker.says("DELETE /containers/app", {"message": "removal of app is already in progress"}, status=409)

    await host.docker.remove("app")


@pytest.mark.parametrize("status", [409, 500])
async def test_what_is_so_already_is_done_whatever_status_it_comes_with(
    docker: FakeDocker, host: SshHost, status: int
) -> None:
    docker.says("POST /containers/app/pause", {"message": "Container app is already paused"}, status=status)
    docker.says("POST /containers/app/unpause", {"message": "Container app is not paused"}, status=status)
    docker.says("POST /containers/app/kill", {"message": "Container app is not running"}, status=status)

    await host.docker.pause("app")
    await host.docker.unpause("app")
    await host.docker.kill("app")


async def test_what_can_not_be_frozen_or_woken_is_told(docker: FakeDocker, host: SshHost) -> None:
    for call in ("pause", "unpause"):
        refused = {"message": f"Cannot {call} container app: cgroups not configured for container"}
        docker.says(f"POST /containers/app/{call}", refused, status=500)

    for refusal in (host.docker.pause("app"), host.docker.unpause("app")):
        with pytest.raises(DockerFailed, match="cgroups not configured") as failure:
            await refusal
        assert failure.value.status == 500


async def test_other_refusals_keep_dockers_words_and_status(docker: FakeDocker, host: SshHost) -> None:
    docker.says("DELETE /containers/app", {"message": "You cannot remove a running container"}, status=409)

    with pytest.raises(DockerFailed, match="You cannot remove a running container") as failure:
        await host.docker.remove("app")

    assert (failure.value.status, failure.value.where) == (409, host.name)


async def test_a_network_that_somebody_else_made_meanwhile_is_there(
    docker: FakeDocker, host: SshHost
) -> None:
    docker.says("POST /networks/create", {"message": "network with name kamal already exists"}, status=409)

    assert await host.docker.ensure_network("kamal") is False


async def test_credentials_travel_in_the_header_only(docker: FakeDocker, host: SshHost) -> None:
    auth = RegistryAuth("registry.example", "user", "swordfish/+")
    docker.streams("POST /images/create", [json_line(status="Status: Downloaded")])

    async for _ in host.docker.pull("registry.example/app", auth):
        pass

    request = docker.requests[-1]
    assert request.query["fromImage"] == "registry.example/app:latest"
    assert "swordfish" not in str(request.url)
    assert json.loads(base64.urlsafe_b64decode(request.headers["X-Registry-Auth"])) == {
        "username": "user",
        "password": "swordfish/+",
        "serveraddress": "registry.example",
    }
    assert "swordfish" not in auth_header(auth)
    assert "swordfish" not in repr(auth)


async def test_a_pull_that_fails_on_the_way_is_told(docker: FakeDocker, host: SshHost) -> None:
    docker.streams(
        "POST /images/create", [json_line(status="Pulling"), json_line(error="no space left on device")]
    )

    with pytest.raises(DockerFailed, match="no space left") as failure:
        async for _ in host.docker.pull("app:v1", None):
            pass

    assert "docker system df" in failure.value.fix


async def test_a_pull_whose_connection_breaks_is_no_success(docker: FakeDocker, host: SshHost) -> None:
    docker.streams("POST /images/create", [json_line(status="Pulling")], then_break=True)

    with pytest.raises(DockerUnavailable):
        async for _ in host.docker.pull("app:v1", None):
            pass


async def test_events_leave_out_programs_inside_containers(docker: FakeDocker, host: SshHost) -> None:
    actor = {"ID": "abc", "Attributes": {"name": "app"}}
    docker.streams(
        "GET /events",
        [json_line(Action=action, Actor=actor, timeNano=1) for action in ("exec_create: sh", "start", "die")],
    )
    seen: list[str] = []

    async def collect() -> None:
        async for event in host.docker.events():
            seen.append(event.action)

    with pytest.raises(DockerUnavailable):
        await collect()

    assert seen == ["start", "die"]


def an_inspected(name: str, *, terminal: bool = False) -> dict[str, object]:
    return {"Id": "abc", "Name": f"/{name}", "State": {"Status": "running"}, "Config": {"Tty": terminal}}


async def test_a_followed_log_gets_the_lines_that_docker_kept_back(docker: FakeDocker, host: SshHost) -> None:
    docker.says("GET /containers/app/json", an_inspected("app"))
    first, last = frame(1, f"{T1} one\n".encode()), frame(2, f"{T1[:-2]}2Z dying\n".encode())

    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(body=first if request.query["follow"] == "1" else first + last)

    docker.answers["GET /containers/app/logs"] = answer

    lines = [line.text async for line in host.docker.logs("app", follow=True, tail=5)]

    assert lines == ["one", "dying"]
    assert docker.requests[-1].query["since"] == "1767323045.000000001"


@pytest.mark.parametrize("rubbish", [b"<html>hello</html>", b"\x00\x00\x00\x01" * 7, b"\x07" + b"x" * 100])
async def test_a_log_that_is_none_is_told(docker: FakeDocker, host: SshHost, rubbish: bytes) -> None:
    docker.says("GET /containers/app/json", an_inspected("app"))
    docker.streams("GET /containers/app/logs", [rubbish, b"\xff" * 100])

    with pytest.raises(DockerFailed, match="makes no sense"):
        async for _ in host.docker.logs("app"):
            pass


async def test_a_program_that_never_existed_is_a_failure(docker: FakeDocker, host: SshHost) -> None:
    docker.says("POST /containers/app/exec", {"Id": "e1"}, status=201)
    docker.says("POST /exec/e1/start", {"message": "OCI runtime exec failed"}, status=400)

    with pytest.raises(DockerFailed, match="OCI runtime exec failed"):
        await host.docker.execute("app", ["nothing"])


async def test_a_programs_exit_code_may_come_later_than_its_output(docker: FakeDocker, host: SshHost) -> None:
    docker.says("POST /containers/app/exec", {"Id": "e1"}, status=201)
    docker.streams("POST /exec/e1/start", [frame(1, b"out"), frame(2, b"err")])
    states: Iterator[dict[str, object]] = iter(
        [{"Running": True, "ExitCode": None}, {"Running": False, "ExitCode": 7}]
    )

    async def state(_: web.Request) -> web.StreamResponse:
        return web.json_response(next(states))

    docker.answers["GET /exec/e1/json"] = state

    result = await host.docker.execute("app", ["sh", "-c", "exit 7"])

    assert (result.status, result.stdout, result.stderr) == (7, "out", "err")
    assert [body["Cmd"] for body in docker.bodies if isinstance(body, dict) and "Cmd" in body] == [
        ["sh", "-c", "exit 7"]
    ]


@pytest.mark.parametrize("body", [b"{", b"[]", b'"text"', b"\xff\xfe", b"null"])
async def test_an_answer_that_makes_no_sense_is_told(docker: FakeDocker, host: SshHost, body: bytes) -> None:
    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(body=body, content_type="application/json")

    docker.answers["GET /containers/app/json"] = answer

    with pytest.raises(DockerFailed, match="makes no sense"):
        await host.docker.inspect("app")


async def test_something_is_done_only_where_docker_says_so(docker: FakeDocker, host: SshHost) -> None:
    docker.says("POST /containers/app/start", {"message": "hello"})
    docker.answers["POST /containers/app/stop"] = ok_and_nothing

    with pytest.raises(DockerFailed, match="`docker start` makes no sense: it does not say that it was done"):
        await host.docker.start("app")
    with pytest.raises(DockerFailed, match="`docker stop` makes no sense: it does not say that it was done"):
        await host.docker.stop("app")


async def test_a_pull_of_which_nothing_is_told_has_failed(docker: FakeDocker, host: SshHost) -> None:
    docker.answers["POST /images/create"] = ok_and_nothing

    with pytest.raises(DockerFailed, match="`docker pull` makes no sense: it ends without a word"):
        async for _ in host.docker.pull("app:v1", None):
            pass


async def ok_and_nothing(_: web.Request) -> web.StreamResponse:
    return web.Response()


async def test_a_refusal_that_is_not_dockers_does_not_tell_that_something_is_missing(
    docker: FakeDocker, host: SshHost
) -> None:
    docker.says("GET /containers/app/json", {"message": "page not found"}, status=404)
    docker.says("GET /images/app:v1/json", {"error": 7}, status=404)

    with pytest.raises(DockerFailed, match="does not know this request") as unknown:
        await host.docker.inspect("app")
    with pytest.raises(DockerFailed, match="HTTP 404 and gave no reason") as wordless:
        await host.docker.image("app:v1")
    assert unknown.value.status == wordless.value.status == 0


async def test_a_ping_is_answered_only_by_docker(docker: FakeDocker, host: SshHost) -> None:
    docker.says("GET /_ping", {"status": "up"})

    with pytest.raises(DockerFailed, match="it is no answer to a ping"):
        await host.docker.ping()


@pytest.mark.parametrize("told", ["²", "9" * 5000, "-1", "1.5"])
async def test_room_that_is_no_number_is_not_known(
    docker: FakeDocker, host: SshHost, settings: ServerSettings, tmp_path: Path, told: str
) -> None:
    docker.says("GET /info", {"SystemTime": T1, "DockerRootDir": "/var/lib/docker"})
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "df").write_text(f"#!/bin/sh\necho / 1 2 {told}\n")
    (programs / "df").chmod(0o755)
    settings.path = f"{programs}:{settings.path}"

    assert await host.docker.free_disk() is None


async def test_an_answer_without_an_end_is_cut_off(
    docker: FakeDocker, host: SshHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(docker_http, "LARGEST_ANSWER", 100_000)

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        try:
            while True:
                await response.write(b"[" * 10_000)
        except ConnectionError:
            return response

    docker.answers["GET /containers/json"] = answer

    with pytest.raises(DockerFailed, match="larger than 100000 bytes"):
        await host.docker.containers()


async def test_a_call_that_is_never_answered_can_be_given_up_on(docker: FakeDocker, host: SshHost) -> None:
    called = asyncio.Event()

    async def answer(_: web.Request) -> web.StreamResponse:
        called.set()
        await asyncio.Event().wait()
        raise AssertionError

    docker.answers["GET /containers/json"] = answer

    async with asyncio.TaskGroup() as group:
        call = group.create_task(host.docker.containers())
        await called.wait()
        call.cancel()
    await host.docker.ping()

    assert call.cancelled()


async def test_a_connection_that_ends_under_a_call_is_a_lost_host(
    docker: FakeDocker, host: SshHost, server: ServerState
) -> None:
    called = asyncio.Event()

    async def answer(_: web.Request) -> web.StreamResponse:
        called.set()
        await asyncio.Event().wait()
        raise AssertionError

    docker.answers["GET /events"] = answer

    async def cut() -> None:
        await called.wait()
        server.connections[0].abort()

    async with asyncio.TaskGroup() as group:
        group.create_task(cut())
        with pytest.raises(HostLost):
            await anext(host.docker.events())


def docker_says(settings: ServerSettings, answer: str, *, status: int = 1) -> None:
    """The program `docker` of the host says this, whatever it is asked."""
    programs = settings.home / "bin"
    programs.mkdir()
    program = programs / "docker"
    program.write_text(f"#!/bin/sh\nprintf '%s' '{answer}'\nexit {status}\n")
    program.chmod(0o755)
    settings.path = f"{programs}:{settings.path}"


NOBODY_LISTENS = (
    "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?"
)


async def test_a_ping_comes_over_a_connection_of_its_own(docker: FakeDocker, host: SshHost) -> None:
    docker.says("GET /containers/json", [])

    await host.docker.containers()
    await host.docker.ping()
    await host.docker.ping()
    await host.docker.containers()

    *opened, listed, first_ping, second_ping, listed_again = docker.connections
    assert listed in opened
    assert listed_again in opened
    assert len({id(each) for each in (*opened, first_ping, second_ping)}) == len(opened) + 2


async def test_an_engine_that_knows_no_ping_can_be_used(docker: FakeDocker, host: SshHost) -> None:
    async def refused(_: web.Request) -> web.StreamResponse:
        return web.Response(status=404)

    docker.ping = refused
    docker.says("GET /containers/json", [])

    assert await host.docker.containers() == []


async def test_an_engine_that_breaks_pings_off_can_be_used(docker: FakeDocker, host: SshHost) -> None:
    async def broken(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    docker.ping = broken
    docker.says("GET /containers/json", [])

    assert await host.docker.containers() == []


async def test_pings_that_hang_do_not_keep_the_reason_back(docker: FakeDocker, host: SshHost) -> None:
    async def hangs(_: web.Request) -> web.StreamResponse:
        await asyncio.Event().wait()
        raise AssertionError

    docker.ping = hangs
    docker.version = {"Version": "20.10.24"}

    async with asyncio.timeout(20):
        with pytest.raises(DockerFailed, match="makes no sense"):
            await host.docker.containers()


async def test_an_engine_is_asked_for_its_version_once_though_many_connections_are_opened(
    docker: FakeDocker, host: SshHost
) -> None:
    docker.says("GET /containers/json", [])

    await host.docker.containers()

    *opened, _ = [request.path for request in docker.requests]
    assert len(opened) > 1
    assert sorted(opened) == [*["/_ping"] * (len(opened) - 1), "/version"]


@pytest.mark.parametrize("said", [f"\n{NOBODY_LISTENS}\n", f"{NOBODY_LISTENS}\n"])
async def test_an_engine_that_is_shut_down_takes_no_ping_though_it_answers_other_calls(
    docker: FakeDocker, host: SshHost, settings: ServerSettings, said: str
) -> None:
    docker_says(settings, said)
    docker.says("GET /containers/json", [])
    await host.docker.containers()
    assert docker.close_door is not None
    await docker.close_door()

    with pytest.raises(DockerNotRunning, match="the Docker daemon is not running") as failure:
        await host.docker.ping()

    assert failure.value.evidence == (NOBODY_LISTENS,)
    assert await host.docker.containers() == []


async def test_an_engine_without_a_socket_is_not_running(
    docker: FakeDocker, host: SshHost, settings: ServerSettings
) -> None:
    docker_says(settings, "what it says may change")
    await host.docker.open()
    assert docker.close_door is not None
    await docker.close_door()
    assert settings.docker_socket is not None
    settings.docker_socket.unlink(missing_ok=True)

    with pytest.raises(DockerNotRunning, match="the Docker daemon is not running"):
        await host.docker.ping()


async def test_an_engine_that_only_breaks_off_a_connection_runs(
    docker: FakeDocker, host: SshHost, settings: ServerSettings
) -> None:
    docker_says(settings, "20.10.24", status=0)
    docker.streams("GET /events", [], then_break=True)

    with pytest.raises(DockerUnavailable, match="broke off the connection") as failure:
        await anext(host.docker.events())

    assert not isinstance(failure.value, DockerNotRunning)


async def test_nothing_is_left_on_this_machine(
    docker: FakeDocker, server: ServerState, known_hosts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Not in the test's own directory: paths of sockets have to be short.
    with tempfile.TemporaryDirectory(prefix="bs-", dir="/tmp") as short:
        monkeypatch.setattr("tempfile.tempdir", short)
        async with connected(server, known_hosts) as host:
            await host.docker.open()
            (directory,) = Path(short).glob("backstaff-*")
            mode = directory.stat().st_mode & 0o777

        assert mode == 0o700
        assert not list(Path(short).glob("backstaff-*"))


@asynccontextmanager
async def without_forwarding(
    settings: ServerSettings, known_hosts: Path, server: ServerState, path: Path
) -> AsyncIterator[SshHost]:
    """A host whose sshd does not forward, and whose `docker` reaches the fake engine at `path`."""
    programs = settings.home / "bin"
    programs.mkdir()
    script = programs / "docker"
    script.write_text(
        f"""#!{sys.executable}
import os, socket, sys, threading
if sys.argv[1] == "version":
    print("20.10.24")
    sys.exit()
engine = socket.socket(socket.AF_UNIX)
engine.connect({str(path)!r})
def up():
    while data := os.read(0, 65536):
        engine.sendall(data)
    os._exit(0)
threading.Thread(target=up, daemon=True).start()
while data := engine.recv(65536):
    os.write(1, data)
"""
    )
    script.chmod(0o755)
    settings.path = f"{programs}:{settings.path}"
    async with connected(server, known_hosts) as host:
        yield host


async def test_without_forwarding_calls_go_through_dial_stdio(
    settings: ServerSettings, server: ServerState, known_hosts: Path, tmp_path: Path
) -> None:
    async with (
        fake_docker(tmp_path / "docker.sock") as docker,
        without_forwarding(settings, known_hosts, server, tmp_path / "docker.sock") as host,
    ):
        docker.says("GET /containers/json", [RUNNING])

        found = await asyncio.gather(*(host.docker.containers() for _ in range(12)))

    assert [len(containers) for containers in found] == [1] * 12
    assert any("dial-stdio" in command for command in server.commands)
    assert 1 < len(server.connections) <= 5


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1700000000", "1700000000"),
        ("1700000000.5", "1700000000.5"),
        ("2026-01-02T03:04:05.123456789Z", "1767323045.123456789"),
        ("2026-01-02T03:04:05Z", "1767323045.0"),
        ("2026-01-02T04:04:05.5+01:00", "1767323045.5"),
    ],
)
def test_times_keep_every_digit(text: str, seconds: str) -> None:
    assert unix_time(text) == seconds


@pytest.mark.parametrize("text", ["yesterday", "2026-01-02T03:04:05", "-1"])
def test_times_that_mean_nothing_are_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (the words are Python's)
        unix_time(text)


async def test_docker_is_reached_where_the_paths_of_temporary_files_are_too_long_for_a_socket(
    docker: FakeDocker, host: SshHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = tmp_path / ("x" * 100)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    docker.says("GET /containers/json", [RUNNING])
    assert len(await host.docker.containers()) == 1
