"""A plan spelled out, for people and for other programs."""

from collections.abc import Mapping
from dataclasses import dataclass

from backstaff.config.models import Config
from backstaff.kamal.paths import lock_dir
from backstaff.plan.pairs import Pair
from backstaff.plan.plan import Plan
from backstaff.plan.step import Step
from backstaff.plan.steps import host_steps

Observed = Mapping[Pair, str | None]
"""The version that each pair runs now: empty if none does, None if the host could not be asked."""


@dataclass(frozen=True)
class PairOutline:
    """One role on one host. `version_from` is None where it is unknown, empty where nothing runs.

    `waits_for` names the pairs of which any, once healthy, lets this one boot."""

    host: str
    role: str
    version_from: str | None
    version_to: str
    opens_barrier: bool
    waits_for: tuple[str, ...]
    probe: str


@dataclass(frozen=True)
class GroupOutline:
    """Hosts that boot together."""

    number: int
    pairs: tuple[PairOutline, ...]


@dataclass(frozen=True)
class HostOutline:
    """The changes on one host in their order; an empty host is the operator's machine."""

    host: str
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Outline:
    """Everything that `backstaff plan` tells. `group_wait_s` is in seconds; `on_failure` is `stop` or
    `rollback`."""

    command: str
    service: str
    destination: str
    version: str
    files: tuple[str, ...]
    phases: tuple[str, ...]
    lock: str
    groups: tuple[GroupOutline, ...]
    group_wait_s: float
    parallel_roles: bool
    warnings: tuple[str, ...]
    on_failure: str
    hosts: tuple[HostOutline, ...]


def outline(config: Config, plan: Plan, observed: Observed, local: tuple[Step, ...] = ()) -> Outline:
    """Spell a plan out. `local` is what is done on the operator's machine."""
    hosts = [HostOutline("", local)] if local else []
    hosts += [HostOutline(host, host_steps(config, plan, host)) for host in plan.hosts]
    return Outline(
        command=plan.command.value,
        service=config.service,
        destination=config.destination or "",
        version=plan.version,
        files=tuple(map(str, config.files)),
        phases=tuple(phase.value for phase in plan.phases),
        lock=f"{plan.lock_host}:{lock_dir(config)}",
        groups=tuple(
            GroupOutline(group.number, tuple(_pair(plan, pair, observed) for pair in group.pairs))
            for group in plan.groups
        ),
        group_wait_s=plan.group_wait,
        parallel_roles=plan.parallel_roles,
        warnings=plan.warnings,
        on_failure=plan.on_failure.value,
        hosts=tuple(hosts),
    )


def _pair(plan: Plan, pair: Pair, observed: Observed) -> PairOutline:
    barrier = plan.barrier
    waits = barrier is not None and pair in barrier.waiting
    return PairOutline(
        host=pair.host,
        role=pair.role,
        version_from=observed.get(pair),
        version_to=plan.version,
        opens_barrier=barrier is not None and pair in barrier.gatekeepers,
        waits_for=tuple(map(str, barrier.gatekeepers)) if barrier is not None and waits else (),
        probe=str(plan.probes[pair]),
    )
