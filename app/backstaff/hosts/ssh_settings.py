"""Which address, user, files and keys a login uses: deploy.yml's settings as asyncssh's options."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from backstaff.config.host_address import HostAddress, parse_host
from backstaff.config.models.settings import Timeouts
from backstaff.config.models.ssh import Ssh
from backstaff.errors import HostUnreachable, LoginRefused
from backstaff.hosts.known_hosts import SSH_PORT

_USUAL_CONFIG = ("~/.ssh/config", "/etc/ssh/ssh_config")
_KEEPALIVE_COUNT = 3


@dataclass(frozen=True)
class Target:
    """One machine to log in to. `name` is how messages call it; without `user` and `port` the ssh
    configuration decides, then the local user name and 22."""

    name: str
    host: str
    user: str | None = None
    port: int | None = None
    jump: bool = False


def target_of(name: str, ssh: Ssh) -> Target:
    """A host of deploy.yml. Its user is always deploy.yml's (root if not set), as with Kamal; its port
    is left to the ssh configuration where deploy.yml has the usual one."""
    address = _parse(name, name)
    port = address.port or (ssh.port if ssh.port != SSH_PORT else None)
    return Target(name, address.host, address.user or ssh.user, port)


def jump_target(text: str, *, default_user: str | None) -> Target:
    """A jump host, written as `[user@]host[:port]`."""
    address = _parse(text, text)
    return Target(text, address.host, address.user or default_user, address.port, jump=True)


def _parse(text: str, where: str) -> HostAddress:
    try:
        return parse_host(text)
    except ValueError as error:
        raise HostUnreachable(f"{text!r} {error}", where=where, fix="correct it in deploy.yml") from None


def config_files(setting: bool | tuple[str, ...]) -> list[str]:
    """The OpenSSH client configuration files to read, in their order of precedence."""
    if setting is False:
        return []
    names = _USUAL_CONFIG if setting is True else setting
    paths = [Path(name).expanduser() for name in names]
    return [str(path) for path in paths if os.access(path, os.R_OK)]


def key_files(ssh: Ssh) -> list[str]:
    """The private key files of deploy.yml that exist; the others are skipped, as by Kamal."""
    paths = [Path(name).expanduser() for name in ssh.keys or ()]
    return [str(path) for path in paths if path.is_file()]


def missing_key_files(ssh: Ssh) -> list[str]:
    """The private key files of deploy.yml that do not exist."""
    return [name for name in ssh.keys or () if not Path(name).expanduser().is_file()]


def login_options(target: Target, ssh: Ssh, timeouts: Timeouts) -> dict[str, object]:
    """What asyncssh is told about a login, without the keys and the ssh configuration."""
    options: dict[str, object] = {
        "host": target.host,
        "login_timeout": timeouts.connect,
        "keepalive_interval": timeouts.silence / (_KEEPALIVE_COUNT + 1),
        "keepalive_count_max": _KEEPALIVE_COUNT,
        "x509_trusted_certs": None,
    }
    if target.user is not None:
        options["username"] = target.user
    if target.port is not None:
        options["port"] = target.port
    if ssh.forward_agent is not None and not target.jump:
        options["agent_forwarding"] = ssh.forward_agent
    return options


def cipher_options(configured: object) -> dict[str, object]:
    """The cipher to begin with, unless the ssh configuration names some: in asyncssh, AES-GCM takes a third
    of the time of its first choice, and most of a deploy is small packets."""
    return {} if configured else {"encryption_algs": "^aes128-gcm@openssh.com"}


def key_options(target: Target, ssh: Ssh, keys: Sequence[object], *, agent: bool) -> dict[str, object]:
    """What asyncssh is told about keys; `keys` are those of `key_data`, already read.

    With neither `keys` nor `key_data` in deploy.yml, the agent, the ssh configuration and the usual
    files are left to asyncssh. Raises LoginRefused when `keys_only` leaves nothing to log in with.
    """
    files = key_files(ssh)
    options: dict[str, object] = {}
    if files or keys:
        options |= {"client_keys": [*keys, *files], "ignore_encrypted": True}
    elif ssh.keys_only and ssh.keys:
        raise LoginRefused(
            "ssh.keys_only is set, but none of ssh.keys exists",
            where=target.name,
            evidence=missing_key_files(ssh),
            fix="correct ssh.keys in deploy.yml",
        )
    if ssh.keys_only:
        public = [f"{file}.pub" for file in files if Path(f"{file}.pub").is_file()]
        options |= {"agent_identities": public} if public else {"agent_path": None}
    if not agent:
        options["agent_path"] = None
    return options
