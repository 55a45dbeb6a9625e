"""Who waits for whom while booting, and the proof that nobody waits for ever.

All roles but the primary one wait until its first container is healthy. A pair whose container opens that
barrier is a gatekeeper. If the only gatekeepers boot in a later group, or behind a waiting role on the same
host, the run would stand still: such a plan is refused before anything is touched.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from backstaff.errors import PlanRefused
from backstaff.plan.groups import BootGroup
from backstaff.plan.pairs import Pair


@dataclass(frozen=True)
class Barrier:
    """The barrier of a plan: any of `gatekeepers`, once healthy, lets all of `waiting` boot.

    `healthy` are gatekeepers that run the version already and are not booted: with one of them it is open
    from the beginning."""

    role: str
    gatekeepers: tuple[Pair, ...]
    waiting: tuple[Pair, ...]
    healthy: tuple[Pair, ...] = ()


def barrier_of(groups: Sequence[BootGroup], primary_role: str, done: Sequence[Pair] = ()) -> Barrier | None:
    """The barrier that the pairs of these groups stand at, where those that are `done` are healthy already;
    None if no role has to wait."""
    pairs = [pair for group in groups for pair in group.pairs]
    gatekeepers = tuple(pair for pair in pairs if pair.gatekeeper)
    waiting = tuple(pair for pair in pairs if not pair.gatekeeper)
    healthy = tuple(pair for pair in done if pair.gatekeeper)
    return Barrier(primary_role, gatekeepers, waiting, healthy) if waiting else None


def prove_reachable(
    groups: Sequence[BootGroup], primary_role: str, *, parallel_roles: bool, done: Sequence[Pair] = ()
) -> None:
    """Proves for any list of groups that each waiting pair's barrier can be opened while it waits.

    A gatekeeper that is `done`, because it was just now seen healthy on the version, has opened it. Without
    `parallel_roles` the roles of a host boot one after the other, in the order of the group's pairs.
    Raises PlanRefused, with each pair that would wait for ever and why.
    """
    stuck: list[tuple[BootGroup, Pair]] = []
    openable = any(pair.gatekeeper for pair in done)
    for group in groups:
        openable = openable or any(_free_gatekeepers(group, parallel_roles=parallel_roles))
        if not openable:
            stuck += [(group, pair) for pair in group.pairs if not pair.gatekeeper]
    if stuck:
        raise _refusal(stuck, groups, primary_role)


def _free_gatekeepers(group: BootGroup, *, parallel_roles: bool) -> list[Pair]:
    """Gatekeepers of a group that no waiting pair holds up."""
    if parallel_roles:
        return [pair for pair in group.pairs if pair.gatekeeper]
    first_on_host: dict[str, Pair] = {}
    for pair in group.pairs:
        first_on_host.setdefault(pair.host, pair)
    return [pair for pair in first_on_host.values() if pair.gatekeeper]


def _refusal(
    stuck: Sequence[tuple[BootGroup, Pair]], groups: Sequence[BootGroup], primary_role: str
) -> PlanRefused:
    keepers = [(group, pair) for group in groups for pair in group.pairs if pair.gatekeeper]
    evidence = [_why(group, pair, primary_role, keepers) for group, pair in stuck]
    names = _listed([str(pair) for _, pair in stuck])
    return PlanRefused(
        f"{names} would wait for ever for a healthy {primary_role} container",
        evidence=evidence,
        fix=_fix(primary_role, selected=bool(keepers)),
    )


def _why(group: BootGroup, pair: Pair, role: str, keepers: Sequence[tuple[BootGroup, Pair]]) -> str:
    start = f"{pair} boots in group {group.number} and waits for the first healthy {role} container"
    if not keepers:
        return f"{start}; no host that runs {role} is selected"
    later = [f"{each} in group {place.number}" for place, each in keepers if place.number > group.number]
    behind = [
        f"{each} behind another role in {'the same group' if place is group else f'group {place.number}'}"
        for place, each in keepers
        if place.number <= group.number
    ]
    return f"{start}; the only ones that could open the barrier are {_listed([*behind, *later])}"


def _fix(role: str, *, selected: bool) -> str:
    if selected:
        return f"put a host that runs {role} into the first group, before the roles that wait for it"
    return f"select a host that runs {role} as well, or fewer roles"


def _listed(items: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(items[:-1]), items[-1]]))
