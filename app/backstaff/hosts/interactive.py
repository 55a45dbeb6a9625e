"""The local `ssh` command for what needs a terminal: following logs, consoles, shells. Pure."""

from collections.abc import Sequence

from backstaff.config.models.ssh import Ssh
from backstaff.hosts.ssh_settings import target_of


def interactive_ssh(
    name: str, ssh: Ssh, command: str, *, key_files: Sequence[str] | None = None
) -> list[str]:
    """The argument list of the `ssh` that runs `command` with a terminal on a host of deploy.yml.

    It is the one that Kamal uses, so both see the same settings; `key_files` replaces `ssh.keys`, for
    keys that were written to files for this call.
    """
    target = target_of(name, ssh)
    keys = ssh.keys or () if key_files is None else key_files
    return [
        "ssh",
        *_config_options(ssh.config),
        *_proxy_options(ssh),
        *(option for key in keys for option in ("-i", key)),
        *(("-o", "IdentitiesOnly=yes") if ssh.keys_only else ()),
        "-t",
        f"{target.user}@{target.host}",
        "-p",
        str(target.port or ssh.port),
        command,
    ]


def _config_options(config: bool | tuple[str, ...]) -> tuple[str, ...]:
    if config is False:
        return ("-F", "/dev/null")
    if config is True:
        return ()
    return tuple(option for file in config for option in ("-F", file))


def _proxy_options(ssh: Ssh) -> tuple[str, ...]:
    if ssh.proxy:
        return ("-J", ssh.proxy if "@" in ssh.proxy else f"root@{ssh.proxy}")
    if ssh.proxy_command:
        return ("-o", f"ProxyCommand={ssh.proxy_command}")
    return ()
