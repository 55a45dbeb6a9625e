"""The unit of a deploy: one role on one host."""

from dataclasses import dataclass, field


@dataclass(frozen=True, order=True)
class Pair:
    """One role on one host; only these two tell pairs apart.

    A `gatekeeper` is of the primary role: once its container is healthy, the other roles may boot.
    `proxied` says whether traffic reaches it through kamal-proxy.
    """

    host: str
    role: str
    gatekeeper: bool = field(default=False, compare=False)
    proxied: bool = field(default=False, compare=False)

    def __str__(self) -> str:
        return f"{self.role}@{self.host}"
