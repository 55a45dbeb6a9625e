"""Whether the key that a host shows may be trusted, and what to say when it may not."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from backstaff.errors import HostKeyRefused
from backstaff.hosts.known_hosts import HostKey, KnownHost, known_name, look_up


@dataclass
class HostKeyGuard:
    """Judges the keys of one host during one login. A changed or revoked key never passes.

    `accept_new` lets any key of an unknown host pass; `accepted` are keys that somebody said yes to.
    `shown` is the last key that was judged.
    """

    known: KnownHost
    accept_new: bool
    accepted: set[bytes] = field(default_factory=set)
    shown: HostKey | None = None

    def judge(self, key: HostKey) -> bool:
        """Whether the login may go on with this key."""
        self.shown = key
        if self._revoked(key) or self.known.conflict(key):
            return False
        return self.known.trusts(key) or self.accept_new or key.blob in self.accepted

    @property
    def undecided(self) -> HostKey | None:
        """The key shown, if nothing speaks against it but that it is unknown."""
        key = self.shown
        if key is None or self._revoked(key) or self.known.conflict(key) or self.known.trusts(key):
            return None
        return key

    def _revoked(self, key: HostKey) -> bool:
        return any(revoked.key.blob == key.blob for revoked in self.known.revoked)


def guard_for(files: Sequence[Path], host: str, port: int, *, accept_new: bool) -> HostKeyGuard:
    """A guard that knows what the files say about this host."""
    return HostKeyGuard(look_up(files, host, port), accept_new)


def refusal(name: str, host: str, port: int, guard: HostKeyGuard) -> HostKeyRefused:
    """Why the key that was shown last is refused, and how to go on if it is right after all."""
    key = guard.shown
    if key is None:
        return HostKeyRefused("its host key could not be verified", where=name, fix=_look_fix(host, port))
    if conflict := guard.known.conflict(key):
        return HostKeyRefused(
            f"its host key has changed: it shows {key.algorithm} {key.fingerprint}, but {conflict.place} "
            f"has {conflict.key.algorithm} {conflict.key.fingerprint}",
            where=name,
            fix="somebody may be listening in. If the host was set up anew, remove the old key with "
            f"`ssh-keygen -R '{known_name(host, port)}' -f {conflict.file}` and try again",
        )
    if revoked := next((line for line in guard.known.revoked if line.key.blob == key.blob), None):
        return HostKeyRefused(f"its host key {key.fingerprint} is revoked in {revoked.place}", where=name)
    return HostKeyRefused(
        f"its host key is unknown: {key.algorithm} {key.fingerprint}", where=name, fix=_look_fix(host, port)
    )


def _look_fix(host: str, port: int) -> str:
    return (
        f"compare the fingerprint with the host's own, then add it with `ssh-keyscan -p {port} {host} >> "
        "~/.ssh/known_hosts`, or set `x-backstaff: {unknown_hosts: accept-new}`"
    )
