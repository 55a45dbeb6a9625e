"""A server to connect to, and connectors that know nothing of the machine they run on."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.hosts.ssh_server import ServerSettings, ServerState, ssh_server


@pytest.fixture(autouse=True)
def _no_agent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)


@pytest.fixture
def settings(tmp_path: Path) -> ServerSettings:
    home = tmp_path / "remote"
    home.mkdir()
    return ServerSettings(home)


@pytest.fixture
async def server(settings: ServerSettings) -> AsyncIterator[ServerState]:
    async with ssh_server(settings) as state:
        yield state


@pytest.fixture
def known_hosts(tmp_path: Path) -> Path:
    return tmp_path / "known_hosts"
