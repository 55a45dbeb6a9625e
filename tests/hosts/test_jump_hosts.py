"""Jump hosts: one connection for all hosts behind it, and one try for all of them."""

import asyncio
import socket
from pathlib import Path

from backstaff.config.models.settings import Timeouts
from backstaff.config.models.ssh import Ssh
from backstaff.errors import HostUnreachable
from backstaff.hosts.connect import SshConnector
from tests.hosts.builders import a_connector
from tests.hosts.ssh_server import ServerState


async def error_of(connector: SshConnector, name: str) -> HostUnreachable:
    try:
        await connector.connect(name)
    except HostUnreachable as error:
        return error
    raise AssertionError(f"{name} was reached")


async def test_a_jump_host_that_says_nothing_is_waited_for_once(
    server: ServerState, known_hosts: Path
) -> None:
    """Each host behind it would else wait its own time, one after the other."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(0)
        jump = f"127.0.0.1:{silent.getsockname()[1]}"
        ssh = Ssh(keys=(str(server.client_key),), keys_only=True, config=False, proxy=jump)
        connector = a_connector(server, known_hosts, ssh=ssh, timeouts=Timeouts(connect=0.5))

        names = [f"10.0.0.{number}" for number in range(1, 6)]
        errors = await asyncio.gather(*(error_of(connector, name) for name in names))
        silent.accept()[0].close()
        try:
            silent.accept()
        except BlockingIOError:
            tries = 1
        else:
            tries = 2

    assert [error.where for error in errors] == names
    assert all(f"jump host {jump} can not be used" in error.what for error in errors)
    assert tries == 1


async def test_a_jump_host_that_failed_is_tried_again_by_whoever_comes_later(
    server: ServerState, known_hosts: Path
) -> None:
    ssh = Ssh(keys=(str(server.client_key),), keys_only=True, config=False, proxy="127.0.0.1:1")
    connector = a_connector(server, known_hosts, ssh=ssh)

    first = await error_of(connector, "10.0.0.1")
    second = await error_of(connector, "10.0.0.2")

    assert "its jump host 127.0.0.1:1 can not be used" in first.what
    assert second.__cause__ is not first.__cause__
