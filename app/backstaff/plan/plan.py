"""What a run will do, decided and proved before anything is touched."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from backstaff.clock import Seconds
from backstaff.config.models import Config
from backstaff.errors import PlanRefused, UsageError
from backstaff.events.facts import Phase
from backstaff.plan.barriers import Barrier, barrier_of, prove_reachable
from backstaff.plan.groups import BootGroup, boot_groups
from backstaff.plan.pairs import Pair
from backstaff.plan.probes import Probe, probe_of
from backstaff.plan.selection import Selection
from backstaff.plan.warnings import warnings_of

_TAG = re.compile(r"\w[\w.-]{0,127}", re.ASCII)


class Command(StrEnum):
    """The commands that boot containers."""

    DEPLOY = "deploy"
    REDEPLOY = "redeploy"
    ROLLBACK = "rollback"
    APP_BOOT = "app boot"

    @property
    def brings_image(self) -> bool:
        """Whether the image is pulled; the others use what the hosts have."""
        return self in {Command.DEPLOY, Command.REDEPLOY}

    @property
    def boots_proxy(self) -> bool:
        """Whether the network and the proxy container are brought up where they are missing."""
        return self is Command.DEPLOY

    @property
    def stops_stale(self) -> bool:
        """Whether containers left running by interrupted deploys are stopped first."""
        return self in {Command.DEPLOY, Command.REDEPLOY}

    @property
    def prunes(self) -> bool:
        """Whether old containers and images are removed at the end."""
        return self is Command.DEPLOY

    @property
    def runs_deploy_hooks(self) -> bool:
        """Whether the hooks `pre-deploy` and `post-deploy` run."""
        return self is not Command.APP_BOOT


@dataclass(frozen=True)
class Plan:
    """A run that is proved to come to an end.

    `groups` boot one after the other with `group_wait` seconds in between; within a group hosts boot at the
    same time, and with `parallel_roles` so do the roles of a host. Each pair is in exactly one group and
    has a probe. `barrier` is None when no role waits for another.
    """

    command: Command
    version: str
    selection: Selection
    phases: tuple[Phase, ...]
    groups: tuple[BootGroup, ...]
    barrier: Barrier | None
    probes: Mapping[Pair, Probe]
    parallel_roles: bool = False
    group_wait: Seconds = 0.0
    warnings: tuple[str, ...] = ()

    @property
    def hosts(self) -> tuple[str, ...]:
        """All hosts to connect to: the selection, primary role first, and the host of the lock."""
        return tuple(dict.fromkeys((*self.selection.hosts, self.selection.lock_host)))

    @property
    def lock_host(self) -> str:
        """Where the deploy lock is taken."""
        return self.selection.lock_host

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """All pairs, in the order of the groups."""
        return tuple(pair for group in self.groups for pair in group.pairs)

    def is_gatekeeper(self, pair: Pair) -> bool:
        """Whether a pair's healthy container lets the other roles boot."""
        return pair.role == self.selection.primary_role


def make_plan(
    config: Config, selection: Selection, version: str, command: Command, *, skip_push: bool = False
) -> Plan:
    """Decides what `command` does with `version` on a selection.

    Raises UsageError for a version that can not be an image's tag, PlanRefused if no role runs on the
    selected hosts or a role would wait for ever.
    """
    if not _TAG.fullmatch(version):
        raise UsageError(f"`{version}` can not be a version: it is not a valid image tag")
    if selection.primary_role is None:
        raise PlanRefused(
            f"no role runs on {', '.join(selection.hosts)}", fix="select hosts that run a role in deploy.yml"
        )
    groups = boot_groups(config, selection)
    prove_reachable(groups, selection.primary_role, parallel_roles=config.boot.parallel_roles)
    return Plan(
        command=command,
        version=version,
        selection=selection,
        phases=_phases(command, builds=command.brings_image and not skip_push),
        groups=groups,
        barrier=barrier_of(groups, selection.primary_role),
        probes={pair: probe_of(config, config.role(pair.role)) for pair in selection.pairs},
        parallel_roles=config.boot.parallel_roles,
        group_wait=float(config.boot.wait or 0),
        warnings=warnings_of(config, selection),
    )


def _phases(command: Command, *, builds: bool) -> tuple[Phase, ...]:
    left_out = set() if builds else {Phase.BUILD}
    if not command.brings_image:
        left_out.add(Phase.PULL)
    return tuple(phase for phase in Phase if phase not in left_out)
