"""How hosts are reached over SSH."""

from dataclasses import dataclass

from backstaff.config.credentials import Credential


@dataclass(frozen=True)
class Ssh:
    """The `ssh` section.

    `config`: true reads the usual OpenSSH files, false none, a tuple exactly those files. `keys` None
    leaves the choice to the agent and the usual files. `key_data` are secret names, or (deprecated) PEM
    texts written into deploy.yml. `proxy` is `[user@]host[:port]` of a jump host.
    """

    user: str = "root"
    port: int = 22
    proxy: str | None = None
    proxy_command: str | None = None
    log_level: str = "fatal"
    keys_only: bool = False
    keys: tuple[str, ...] | None = None
    key_data: tuple[Credential, ...] = ()
    config: bool | tuple[str, ...] = True
    forward_agent: bool | None = None


@dataclass(frozen=True)
class SshKit:
    """The `sshkit` section: connection starts at once, idle time in seconds, tries of name lookups."""

    max_concurrent_starts: int = 30
    pool_idle_timeout: int = 900
    dns_retries: int = 3
