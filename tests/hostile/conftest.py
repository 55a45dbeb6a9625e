"""A real SSH connection to a host whose Docker Engine says whatever a test wants; and a project."""

from tests.cli.conftest import project
from tests.hosts.conftest import _no_agent, known_hosts, server, settings

__all__ = ["_no_agent", "known_hosts", "project", "server", "settings"]
