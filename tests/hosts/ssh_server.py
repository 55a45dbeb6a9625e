"""A small SSH server in this process, with a shell, for tests of the client's side."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import asyncssh


async def until(condition: Callable[[], bool]) -> None:
    """Return once the condition holds; TimeoutError if it does not within 20 s."""
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 (nobody tells; it has to be looked at)
            await asyncio.sleep(0.01)


@dataclass
class ServerSettings:
    """What a test wants of the server; may be changed while it runs."""

    home: Path
    host_key_types: Sequence[str] = ("ssh-ed25519",)
    docker_socket: Path | None = None
    path: str = os.environ["PATH"]
    drop_first: int = 0


@dataclass
class ServerState:
    """What the server has seen."""

    port: int
    host_keys: list[asyncssh.SSHKey]
    client_key: Path
    commands: list[str] = field(default_factory=list)
    running: int = 0
    most_running: int = 0
    connections: list[asyncssh.SSHServerConnection] = field(default_factory=list)

    def known_line(self, index: int = 0, host: str = "127.0.0.1") -> str:
        """A known_hosts line for one of the host keys."""
        key = self.host_keys[index].export_public_key().decode().split()
        return f"[{host}]:{self.port} {key[0]} {key[1]}\n"


class _Server(asyncssh.SSHServer):
    def __init__(self, settings: ServerSettings, state: ServerState) -> None:
        self._settings = settings
        self._state = state

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._state.connections.append(conn)
        if self._settings.drop_first > 0:
            self._settings.drop_first -= 1
            conn.abort()

    def connection_requested(self, dest_host: str, dest_port: int, orig_host: str, orig_port: int) -> bool:
        return True

    def unix_connection_requested(self, dest_path: str) -> bool:
        return dest_path == str(self._settings.docker_socket)


@asynccontextmanager
async def ssh_server(settings: ServerSettings) -> AsyncIterator[ServerState]:
    """Listen on a free port of 127.0.0.1; the client's key is made and let in."""
    client_key = asyncssh.generate_private_key("ssh-ed25519", comment="tester")
    key_file = settings.home / "client_key"
    client_key.write_private_key(str(key_file))
    host_keys = [asyncssh.generate_private_key(kind) for kind in settings.host_key_types]
    state = ServerState(0, host_keys, key_file)

    async def handle(process: asyncssh.SSHServerProcess[bytes]) -> None:
        state.commands.append(process.command or "")
        state.running += 1
        state.most_running = max(state.most_running, state.running)
        try:
            await _run(process, settings)
        finally:
            state.running -= 1

    listener = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_factory=lambda: _Server(settings, state),
        server_host_keys=host_keys,
        authorized_client_keys=asyncssh.import_authorized_keys(client_key.export_public_key().decode()),
        process_factory=handle,
        encoding=None,
    )
    state.port = listener.get_port()
    try:
        yield state
    finally:
        listener.close()
        for connection in state.connections:
            connection.abort()
        await listener.wait_closed()
        await until(lambda: state.running == 0)


async def _run(process: asyncssh.SSHServerProcess[bytes], settings: ServerSettings) -> None:
    child = await asyncio.create_subprocess_exec(
        "sh",
        "-c",
        f"exec {process.command}",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=settings.home,
        env={"PATH": settings.path, "HOME": str(settings.home)},
        start_new_session=True,
    )
    if child.stdin is None or child.stdout is None or child.stderr is None:
        raise AssertionError("the shell has no pipes")
    async with asyncio.TaskGroup() as pumps:
        stdin = pumps.create_task(_feed(process, child.stdin))
        outputs = [
            pumps.create_task(_forward(child.stdout, process.stdout)),
            pumps.create_task(_forward(child.stderr, process.stderr)),
        ]
        status = await child.wait()
        await asyncio.wait(outputs)
        stdin.cancel()
    if status < 0:
        process.exit_with_signal("KILL")
    else:
        process.exit(status)


async def _feed(process: asyncssh.SSHServerProcess[bytes], stdin: asyncio.StreamWriter) -> None:
    try:
        while data := await process.stdin.read(65536):
            stdin.write(data)
            await stdin.drain()
    except (asyncssh.Error, OSError):
        return
    finally:
        stdin.close()


async def _forward(source: asyncio.StreamReader, target: asyncssh.SSHWriter[bytes]) -> None:
    while data := await source.read(65536):
        try:
            target.write(data)
            await target.drain()
        except (asyncssh.Error, OSError):
            continue
