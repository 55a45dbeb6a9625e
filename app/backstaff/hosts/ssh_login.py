"""One SSH login: settings, proxy, host key, keys; and all that can go wrong, said clearly."""

import asyncio
import os
import random
import socket
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import asyncssh

from backstaff.clock import Clock, Seconds
from backstaff.config.models.settings import Timeouts, UnknownHosts
from backstaff.config.models.ssh import Ssh, SshKit
from backstaff.errors import HostUnreachable
from backstaff.hosts import host_keys, proxy_command
from backstaff.hosts.host_keys import HostKeyGuard
from backstaff.hosts.known_hosts import KnownKey, remember
from backstaff.hosts.offered_keys import offered_keys
from backstaff.hosts.ssh_failures import Attempt, explain, is_login_refusal, was_dropped
from backstaff.hosts.ssh_link import LinkObserver
from backstaff.hosts.ssh_settings import Target, key_options, login_options

AskAboutKey = Callable[[str, str], Awaitable[bool]]
"""Asks somebody whether the key of a host (name, fingerprint) is right."""

_SYSTEM_KNOWN_HOSTS = ("/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2")
_DROP_RETRIES = 6


@dataclass(frozen=True)
class LoginPolicy:
    """Everything that decides how a login is made, the same for all hosts of a run.

    `key_data` are the private keys' texts. `known_hosts` None means the file that the ssh configuration
    names. `ask`, if given, decides about unknown keys in the place of `unknown_hosts`.
    """

    ssh: Ssh
    sshkit: SshKit
    timeouts: Timeouts
    clock: Clock
    unknown_hosts: UnknownHosts = UnknownHosts.ACCEPT_NEW
    key_data: Sequence[str] = ()
    known_hosts: Path | None = None
    ask: AskAboutKey | None = None


@dataclass(frozen=True)
class Link:
    """A connection that is logged in, and its observer."""

    connection: asyncssh.SSHClientConnection
    observer: LinkObserver


class SshLogin:
    """Logs in to one target, directly or through the connection to a jump host."""

    def __init__(
        self, policy: LoginPolicy, target: Target, options: asyncssh.SSHClientConnectionOptions
    ) -> None:
        self._policy = policy
        self._target = target
        self._options = options
        self._lookup_host = options.host_key_alias or options.host
        self._files = _known_hosts_files(policy.known_hosts, options)

    async def connect(self, via: Link | None, via_name: str = "") -> Link:
        """Log in. Raises `HostUnreachable` or one of its kinds."""
        files = self._files
        accept_new = self._policy.ask is None and self._policy.unknown_hosts is UnknownHosts.ACCEPT_NEW
        guard = await asyncio.to_thread(
            host_keys.guard_for, files, self._lookup_host, self._options.port, accept_new=accept_new
        )
        while True:
            try:
                link = await self._connect_patiently(guard, via, via_name)
            except asyncssh.HostKeyNotVerifiable:
                await self._decide(guard)
                continue
            await self._remember(guard)
            return link

    async def _decide(self, guard: HostKeyGuard) -> None:
        """Ask about an unknown key if there is somebody to ask; return only if it may be accepted."""
        key = guard.undecided
        if key and self._policy.ask and await self._policy.ask(self._target.name, key.fingerprint):
            guard.accepted.add(key.blob)
            return
        raise host_keys.refusal(self._target.name, self._lookup_host, self._options.port, guard)

    async def _remember(self, guard: HostKeyGuard) -> None:
        key = guard.undecided
        if key is None or not self._files:
            return
        try:
            await asyncio.to_thread(remember, self._files[0], self._lookup_host, self._options.port, key)
        except OSError as error:
            raise HostUnreachable(
                f"its new host key could not be written to {self._files[0]}: {error.strerror}",
                where=self._target.name,
                fix="make the file writable, or add the key with ssh-keyscan",
            ) from error

    async def _connect_patiently(self, guard: HostKeyGuard, via: Link | None, via_name: str) -> Link:
        """Connect, trying again where trying again helps: name lookups, and sshd's limit of starts."""
        lookups = drops = 0
        agent = True
        while True:
            observer = LinkObserver(guard)
            try:
                return await self._attempt(observer, guard, via, agent=agent)
            except asyncssh.HostKeyNotVerifiable:
                raise
            except socket.gaierror as error:
                if lookups >= self._policy.sshkit.dns_retries:
                    raise await self._explain(error, observer, via_name) from error
                await self._policy.clock.sleep(_backoff(lookups, 0.1, 2.0))
                lookups += 1
            except (asyncssh.Error, OSError, ValueError) as error:
                if was_dropped(error) and drops < _DROP_RETRIES and not _notes(error):
                    await self._policy.clock.sleep(_backoff(drops, 0.2, 3.0))
                    drops += 1
                elif is_login_refusal(error) and agent and self._has_own_keys():
                    agent = False
                else:
                    raise await self._explain(error, observer, via_name) from error

    def _has_own_keys(self) -> bool:
        """sshd counts the agent's keys first; deploy.yml's own deserve a try without them."""
        ssh = self._policy.ssh
        return bool((ssh.keys or ssh.key_data) and self._options.agent_path and not ssh.keys_only)

    async def _attempt(
        self, observer: LinkObserver, guard: HostKeyGuard, via: Link | None, *, agent: bool
    ) -> Link:
        clock = self._policy.clock
        complaints = await asyncio.to_thread(_new_file) if self._proxy_command() and via is None else None
        try:
            async with clock.timeout_at(clock.now() + self._policy.timeouts.connect):
                connection = await self._open(observer, guard, via, complaints, agent=agent)
        except (asyncssh.Error, OSError) as error:
            if complaints and (said := await asyncio.to_thread(complaints.read_text, errors="replace")):
                error.add_note(said)
            raise
        finally:
            if complaints:
                complaints.unlink(missing_ok=True)
        return Link(connection, observer)

    async def _open(
        self,
        observer: LinkObserver,
        guard: HostKeyGuard,
        via: Link | None,
        complaints: Path | None,
        *,
        agent: bool,
    ) -> asyncssh.SSHClientConnection:
        more: dict[str, object] = {"known_hosts": _trusted(guard)}
        if complaints:
            more["proxy_command"] = proxy_command.shell_argv(self._proxy_command(), complaints)
        if not agent:
            more["agent_path"] = None

        async def connect(**extra: object) -> asyncssh.SSHClientConnection:
            return await asyncssh.connect(
                self._target.host,
                self._options.port,
                tunnel=via.connection if via else None,
                options=self._options,
                client_factory=lambda: observer,
                **more,
                **extra,
            )

        try:
            return await connect()
        except asyncssh.KeyExchangeFailed:
            if not guard.known.keys:
                raise
            return await connect(server_host_key_algs="default")

    def _proxy_command(self) -> str:
        options = self._options
        command = self._policy.ssh.proxy_command
        if command and not self._target.jump:
            return proxy_command.expand(command, host=options.host, port=options.port, user=options.username)
        configured = options.config.get("ProxyCommand")
        return configured if isinstance(configured, str) else ""

    async def _explain(self, error: Exception, observer: LinkObserver, via_name: str) -> HostUnreachable:
        tried = await offered_keys(self._options, self._policy.ssh) if is_login_refusal(error) else ()
        return explain(
            error,
            Attempt(
                self._target.name,
                self._options.host,
                self._options.port,
                self._options.username,
                self._policy.timeouts.connect,
                observer.reached,
                via_name,
                tried,
                _notes(error)[-5:],
            ),
        )


async def resolve(policy: LoginPolicy, target: Target) -> asyncssh.SSHClientConnectionOptions:
    """The settings of a login, with the ssh configuration's part; reads files, so in a thread.

    Raises `HostUnreachable` when the configuration or a key can not be read.
    """
    try:
        return await asyncio.to_thread(_resolve, policy, target)
    except (OSError, ValueError) as error:
        raise HostUnreachable(
            f"the ssh settings can not be used: {error}",
            where=target.name,
            fix="correct the ssh configuration or the key, or see ssh.config and ssh.keys in deploy.yml",
        ) from error


def _resolve(policy: LoginPolicy, target: Target) -> asyncssh.SSHClientConnectionOptions:
    keys = [asyncssh.import_private_key(text) for text in policy.key_data]
    return asyncssh.SSHClientConnectionOptions(
        **login_options(target, policy.ssh, policy.timeouts),
        **key_options(target, policy.ssh, keys, agent=True),
    )


def _known_hosts_files(
    explicit: Path | None, options: asyncssh.SSHClientConnectionOptions
) -> tuple[Path, ...]:
    """The file that new keys go to, then all others that are read."""
    configured = options.config.get("UserKnownHostsFile")
    names = configured if isinstance(configured, list) else ["~/.ssh/known_hosts", "~/.ssh/known_hosts2"]
    user = [explicit] if explicit else [Path(name).expanduser() for name in names]
    system = options.config.get("GlobalKnownHostsFile")
    system_names = system if isinstance(system, list) else _SYSTEM_KNOWN_HOSTS
    return (*user, *(Path(name).expanduser() for name in system_names))


def _trusted(guard: HostKeyGuard) -> tuple[list[asyncssh.SSHKey], ...]:
    """Keys, authorities and revoked keys in asyncssh's form; from the first it also takes which types of
    key to ask the host for, so that a known host shows the key that is known."""
    known = guard.known
    return _imported(known.keys), _imported(known.authorities), _imported(known.revoked)


def _imported(lines: Sequence[KnownKey]) -> list[asyncssh.SSHKey]:
    keys = []
    for line in lines:
        try:
            keys.append(asyncssh.import_public_key(line.key.text))
        except asyncssh.KeyImportError:
            continue
    return keys


def _notes(error: Exception) -> list[str]:
    """What a proxy command said."""
    return [line for note in getattr(error, "__notes__", ()) for line in note.splitlines()]


def _new_file() -> Path:
    descriptor, name = tempfile.mkstemp(prefix="backstaff-proxy-")
    os.close(descriptor)
    return Path(name)


def _backoff(tries: int, first: Seconds, most: Seconds) -> Seconds:
    return min(first * 2.0**tries, most) + random.uniform(0, first)  # noqa: S311 (spreads load, no secret)
