"""A shell on a host or in a container, by OpenSSH, which does the typing better than we could."""

import os
import shlex
import shutil
from collections.abc import Sequence
from pathlib import Path

from backstaff.config.models.ssh import Ssh
from backstaff.errors import BackstaffError
from backstaff.hosts.ssh_settings import Target, config_files, jump_target, key_files, target_of
from backstaff.temporary import make_directory, remove

_IN_CONTAINER = "command -v bash >/dev/null && exec bash || exec sh"
_USUAL = True
"""The value of `ssh.config` that means the files which OpenSSH reads by itself."""


class SshShell:
    """Makes the command. `key_data` are the texts of private keys, which OpenSSH takes from files only:
    they are written where only we may read, and are gone with `close`."""

    def __init__(self, ssh: Ssh, key_data: Sequence[str]) -> None:
        self._ssh = ssh
        self._key_data = key_data
        self._directory: Path | None = None

    def command(self, host: str, container: str = "") -> list[str]:
        """What to run in the terminal. `host` as deploy.yml writes it; without a container it is the host's
        own shell. Raises `BackstaffError` where OpenSSH is missing."""
        if shutil.which("ssh") is None:
            raise BackstaffError("there is no `ssh` on this machine", fix="install the OpenSSH client")
        target = target_of(host, self._ssh)
        words = ["ssh", "-t", *self._configuration(), *_login(target), *self._way(target)]
        if self._ssh.forward_agent:
            words.append("-A")
        words += ["--", target.host]
        if container:
            words.append(shlex.join(["docker", "exec", "-it", container, "sh", "-c", _IN_CONTAINER]))
        return words

    def close(self) -> None:
        """Remove the files."""
        if self._directory is not None:
            remove(self._directory)
            self._directory = None

    def _way(self, target: Target) -> list[str]:
        """The jump hosts, or the proxy command, of deploy.yml; those of the ssh configuration are its own."""
        if self._ssh.proxy:
            hops = [jump_target(hop, default_user="root") for hop in self._ssh.proxy.split(",")]
            # A jump host that is itself a host of deploy.yml is reached directly.
            return ["-J", ",".join(_address(hop) for hop in hops)] if target.host != hops[-1].host else []
        if self._ssh.proxy_command:
            return ["-o", f"ProxyCommand={self._ssh.proxy_command}"]
        return []

    def _configuration(self) -> list[str]:
        """The option for the configuration that is ours. As a file it counts for jump hosts too."""
        keys = key_files(self._ssh)
        own_keys = keys or self._key_data or self._ssh.keys_only
        if self._ssh.config is _USUAL and not own_keys:
            return []
        if self._directory is None:
            self._directory = make_directory("backstaff-shell-")
        written = self._directory / "config"
        _write(written, "".join(f"{line}\n" for line in self._lines(keys, self._directory)))
        return ["-F", str(written)]

    def _lines(self, keys: Sequence[str], directory: Path) -> list[str]:
        lines = ["IdentitiesOnly yes"] if self._ssh.keys_only else []
        lines += [f"IdentityFile {_quoted(file)}" for file in keys]
        for number, text in enumerate(self._key_data):
            file = directory / f"key-{number}"
            _write(file, text.rstrip("\n") + "\n")
            lines.append(f"IdentityFile {_quoted(str(file))}")
        return lines + [f"Include {_quoted(file)}" for file in config_files(self._ssh.config)]


def _login(target: Target) -> list[str]:
    user = ["-l", target.user] if target.user is not None else []
    return user + (["-p", str(target.port)] if target.port is not None else [])


def _address(hop: Target) -> str:
    """As `-J` takes it."""
    host = f"[{hop.host}]" if ":" in hop.host else hop.host
    user = f"{hop.user}@" if hop.user else ""
    return f"{user}{host}" + (f":{hop.port}" if hop.port is not None else "")


def _quoted(file: str) -> str:
    """A path in an ssh configuration; `%` begins a token there."""
    return '"' + str(Path(file).absolute()).replace("%", "%%") + '"'


def _write(file: Path, text: str) -> None:
    """A file for us alone."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(text)
