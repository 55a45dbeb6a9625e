"""The connector that a configuration asks for."""

from collections.abc import Mapping

from backstaff.config.models import Config
from backstaff.engine.asking import Asking
from backstaff.hosts.connect import SshConnector
from backstaff.hosts.dials import Dials
from backstaff.kamal.registry import credential_text


def connector_for(
    config: Config, secrets: Mapping[str, str], asking: Asking | None = None, dials: Dials | None = None
) -> SshConnector:
    """SSH as deploy.yml and the user's own configuration say. Unknown host keys are asked about where
    there is somebody to ask. `dials` are connections that were begun before."""
    return SshConnector(
        config.ssh,
        config.sshkit,
        unknown_hosts=config.backstaff.unknown_hosts,
        timeouts=config.backstaff.timeouts,
        key_data=[credential_text(each, secrets) for each in config.ssh.key_data],
        ask=asking.trusts if asking else None,
        dials=dials,
    )
