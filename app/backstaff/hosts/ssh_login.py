"""One SSH login: settings, proxy, host key, keys; and all that can go wrong, said clearly."""

import asyncio
import random
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import asyncssh

from backstaff.clock import Clock, Seconds
from backstaff.config.models.settings import Timeouts, UnknownHosts
from backstaff.config.models.ssh import Ssh, SshKit
from backstaff.errors import HostUnreachable
from backstaff.hosts import host_keys, proxy_command
from backstaff.hosts.dials import Dials
from backstaff.hosts.host_keys import HostKeyGuard
from backstaff.hosts.known_hosts import KnownKey, remember
from backstaff.hosts.offered_keys import offered_keys
from backstaff.hosts.proxy_process import ProxyProcess
from backstaff.hosts.ssh_auth import can_be_short
from backstaff.hosts.ssh_config import read_for
from backstaff.hosts.ssh_failures import Attempt, ProxyEnd, explain, is_login_refusal, was_dropped
from backstaff.hosts.ssh_link import Link, LinkObserver, close_link
from backstaff.hosts.ssh_settings import Target, cipher_options, config_files, key_options, login_options

# These are the operator's own keys. To prove anew at each login that an RSA key's numbers are prime, which
# ssh does not do either, takes up to 0.2 s of CPU.
asyncssh.set_default_skip_rsa_key_validation(True)

AskAboutKey = Callable[[str, str, str], Awaitable[bool]]
"""Asks somebody whether the key of a host (name, fingerprint) is right, to be written to a file if so."""

_SYSTEM_KNOWN_HOSTS = ("/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2")
_DROP_RETRIES = 6
_PROXY_STATUS_S = 1.0


@dataclass(frozen=True)
class LoginPolicy:
    """Everything that decides how a login is made, the same for all hosts of a run.

    `key_data` are the private keys' texts. `known_hosts` None means the file that the ssh configuration
    names. `ask`, if given, decides about unknown keys in the place of `unknown_hosts`. `dials` are
    connections that were begun before.
    """

    ssh: Ssh
    sshkit: SshKit
    timeouts: Timeouts
    clock: Clock
    unknown_hosts: UnknownHosts = UnknownHosts.ACCEPT_NEW
    key_data: Sequence[str] = ()
    known_hosts: Path | None = None
    ask: AskAboutKey | None = None
    dials: Dials | None = None


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
            try:
                await self._remember(guard)
            except BaseException:
                await close_link(link)
                raise
            return link

    async def _decide(self, guard: HostKeyGuard) -> None:
        """Ask about an unknown key if there is somebody to ask; return only if it may be accepted."""
        key, ask = guard.undecided, self._policy.ask
        if key and ask and await ask(self._target.name, key.fingerprint, _shown(self._files[0])):
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
        """Connect, trying again where trying again helps: name lookups, sshd's limit of starts, and a login
        that was cut short."""
        lookups = drops = 0
        agent, short = True, can_be_short(self._options)
        while True:
            observer = LinkObserver(guard, (via_name, via.observer) if via else None, short=short)
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
                proxy = _proxy_end(observer)
                if observer.hurried and not isinstance(error, TimeoutError):
                    short = False
                elif was_dropped(error) and drops < _DROP_RETRIES and not (proxy and proxy.failed):
                    await self._policy.clock.sleep(_backoff(drops, 0.2, 3.0))
                    drops += 1
                elif is_login_refusal(error) and short:
                    short = False
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
        extra: dict[str, object] = {} if agent else {"agent_path": None}
        async with clock.timeout_at(clock.now() + self._policy.timeouts.connect):
            try:
                return await self._open(observer, guard, via, extra)
            except asyncssh.KeyExchangeFailed:
                if not guard.known.keys:
                    raise
                return await self._open(observer, guard, via, extra | {"server_host_key_algs": "default"})

    async def _open(
        self, observer: LinkObserver, guard: HostKeyGuard, via: Link | None, extra: Mapping[str, object]
    ) -> Link:
        if via is None and (command := self._proxy_command()):
            observer.proxy = await ProxyProcess.start(command)
        begun = await self._begun(observer, via)
        try:
            connection = await asyncssh.connect(
                self._target.host,
                self._options.port,
                tunnel=via.connection if via else None,
                sock=observer.proxy.socket if observer.proxy else begun,
                options=self._options,
                config=None,  # All of it is in the options; else ~/.ssh/config would be read after all.
                client_factory=lambda: observer,
                known_hosts=_trusted(guard),
                **cipher_options(self._options.config.get("Ciphers")),
                **extra,
            )
        except BaseException as error:
            if begun:
                begun.close()
            if observer.proxy:
                await _end_proxy(observer.proxy, error)
            raise
        return Link(connection, observer)

    async def _begun(self, observer: LinkObserver, via: Link | None) -> socket.socket | None:
        """The connection that was begun for this login, if it goes straight to its target, and as any other
        would. Raises OSError."""
        options, clock = self._options, self._policy.clock
        as_usual = not (via or observer.proxy or options.family or options.local_addr)
        if not as_usual or self._policy.dials is None:
            return None
        limit = options.connect_timeout
        async with clock.timeout_at(clock.now() + limit if limit else None):
            return await self._policy.dials.take(options.host, options.port)

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
                self._target.jump,
                observer.reached,
                via_name,
                tried,
                _proxy_end(observer),
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
    options = _options(policy, target, keys)
    if target.jump and (policy.ssh.keys or keys) and (own := _identity_files(options)):
        # deploy.yml's keys are those of its hosts: like `ssh -J`, try the jump host's own as well.
        return _options(policy, target, [*own, *keys])
    return options


def _options(
    policy: LoginPolicy, target: Target, keys: Sequence[object]
) -> asyncssh.SSHClientConnectionOptions:
    def options(config: list[str]) -> asyncssh.SSHClientConnectionOptions:
        return asyncssh.SSHClientConnectionOptions(
            config=config,
            **login_options(target, policy.ssh, policy.timeouts),
            **key_options(target, policy.ssh, keys, agent=True),
        )

    return read_for(target.host, config_files(policy.ssh.config), options)


def _identity_files(options: asyncssh.SSHClientConnectionOptions) -> list[str]:
    """The keys that the ssh configuration names for a host and that exist."""
    configured = options.config.get("IdentityFile")
    files = [Path(name).expanduser() for name in configured] if isinstance(configured, list) else []
    return [str(file) for file in files if file.is_file()]


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


def _shown(file: Path) -> str:
    """A file as a person writes it."""
    home = Path.home()
    return f"~/{file.relative_to(home)}" if file.is_relative_to(home) else str(file)


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


async def _end_proxy(proxy: ProxyProcess, error: BaseException) -> None:
    """End a proxy command after its connection failed; one whose fault it was may say so before."""
    try:
        if isinstance(error, Exception) and was_dropped(error):
            await proxy.exited_within(_PROXY_STATUS_S)
    finally:
        await proxy.end()


def _proxy_end(observer: LinkObserver) -> ProxyEnd | None:
    proxy = observer.proxy
    return ProxyEnd(proxy.command, proxy.status, proxy.said) if proxy else None


def _backoff(tries: int, first: Seconds, most: Seconds) -> Seconds:
    return min(first * 2.0**tries, most) + random.uniform(0, first)  # noqa: S311 (spreads load, no secret)
