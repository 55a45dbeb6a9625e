"""Boot groups: which hosts boot at the same time."""

from collections.abc import Collection
from dataclasses import dataclass

from backstaff.config.models import Config
from backstaff.plan.pairs import Pair
from backstaff.plan.selection import Selection


@dataclass(frozen=True)
class BootGroup:
    """Hosts that boot together, after all of the group before. `number` counts from 1.

    `pairs` are sorted by host and, on a host, in the order in which its roles boot one after the other.
    """

    number: int
    hosts: tuple[str, ...]
    pairs: tuple[Pair, ...]

    def on(self, host: str) -> tuple[Pair, ...]:
        """The pairs of one host in their order."""
        return tuple(pair for pair in self.pairs if pair.host == host)


def boot_groups(config: Config, selection: Selection, done: Collection[Pair] = ()) -> tuple[BootGroup, ...]:
    """The selected app hosts, those of the primary role first, cut into groups of `boot.limit`.

    A percentage counts all hosts of the configuration, accessory hosts and hosts not selected included.
    Pairs that are `done` are in no group, nor are hosts on which nothing else is left.
    """
    pairs = [pair for pair in selection.pairs if pair not in done]
    to_boot = {pair.host for pair in pairs}
    hosts = [host for host in selection.app_hosts if host in to_boot]
    size = len(hosts) if config.boot.limit is None else config.boot.group_size(len(config.all_hosts))
    slices = (hosts[start : start + size] for start in range(0, len(hosts), max(1, size)))
    return tuple(
        BootGroup(number, tuple(members), tuple(pair for pair in pairs if pair.host in members))
        for number, members in enumerate(slices, start=1)
    )
