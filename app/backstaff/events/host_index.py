"""Finds what belongs to a host among what belongs to all."""

from collections.abc import Iterable
from typing import Generic, TypeVar

K = TypeVar("K")


class HostIndex(Generic[K]):
    """The keys of each host, in the order in which they came. With hundreds of hosts, nothing that is
    asked for one of them may look at all."""

    def __init__(self) -> None:
        self._keys: dict[str, dict[K, None]] = {}
        self._hosts: dict[K, str] = {}

    def put(self, key: K, host: str) -> None:
        """The key belongs to `host`, and to no other any more."""
        if self._hosts.get(key, host) != host:
            self.drop(key)
        self._hosts[key] = host
        self._keys.setdefault(host, {})[key] = None

    def drop(self, key: K) -> None:
        """The key belongs to none any more."""
        host = self._hosts.pop(key, None)
        if host is not None:
            del self._keys[host][key]

    def on(self, host: str) -> Iterable[K]:
        """The keys of a host."""
        return self._keys.get(host, ())
