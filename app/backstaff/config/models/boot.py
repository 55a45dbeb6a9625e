"""How many hosts boot at once, and how long to rest between groups."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Percent:
    """A share of all hosts."""

    value: int


@dataclass(frozen=True)
class Boot:
    """The `boot` section. `limit` None boots all hosts in one group; `wait` in seconds."""

    limit: int | Percent | None = None
    wait: int | None = None
    parallel_roles: bool = False

    def group_size(self, host_count: int) -> int:
        """Hosts per group; a percentage counts all hosts, accessory hosts included, and is at least one."""
        match self.limit:
            case None:
                return max(1, host_count)
            case Percent(value=share):
                return max(1, host_count * share // 100)
            case size:
                return size
