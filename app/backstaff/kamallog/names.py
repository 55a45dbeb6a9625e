"""Which role and version a container's name stands for, as far as the log has told."""

import re
from dataclasses import dataclass

_REPLACED = re.compile(r"_replaced_[0-9a-f]{16}$")


@dataclass(frozen=True)
class Named:
    """A container's name taken apart; `replaced` marks one that made room for its own version."""

    role: str
    version: str
    replaced: bool

    @property
    def original(self) -> str:
        """The version without what the renaming has added to it."""
        return _REPLACED.sub("", self.version)


class Names:
    """Learns what names of containers begin with, and takes names apart by it."""

    def __init__(self) -> None:
        self._roles: dict[str, str] = {}

    def learn(self, prefix: str, role: str) -> None:
        """Names of a role's containers begin with `prefix`, which is also its name in the proxy."""
        if prefix and role:
            self._roles[prefix] = role

    def role_of(self, prefix: str) -> str:
        """The role whose containers' names begin so; empty if that was never told."""
        return self._roles.get(prefix, "")

    def named(self, container: str) -> Named | None:
        """A name taken apart by the longest prefix that fits, None if none does."""
        fitting = [prefix for prefix in self._roles if container.startswith(f"{prefix}-")]
        if not fitting:
            return None
        prefix = max(fitting, key=len)
        version = container.removeprefix(f"{prefix}-")
        return Named(self._roles[prefix], version, _REPLACED.search(version) is not None)
