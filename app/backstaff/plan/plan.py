"""What a run will do, decided and proved before anything is touched."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from backstaff.clock import Seconds
from backstaff.config.models import Config, OnFailure
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

    @property
    def can_go_back(self) -> bool:
        """Whether hosts that have switched may go back when others fail. A rollback goes away from a version
        that is not wanted: it never goes there again by itself."""
        return self in {Command.DEPLOY, Command.REDEPLOY}


@dataclass(frozen=True)
class Plan:
    """A run that is proved to come to an end.

    `groups` boot one after the other with `group_wait` seconds in between; within a group hosts boot at the
    same time, and with `parallel_roles` so do the roles of a host. Each pair is in exactly one group and
    has a probe. `barrier` is None when no role waits for another. Pairs that are `done` run the version
    already: they are in no group, and stay as they are.
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
    on_failure: OnFailure = OnFailure.STOP
    done: tuple[Pair, ...] = ()

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
        """All pairs that are booted, in the order of the groups."""
        return tuple(pair for group in self.groups for pair in group.pairs)

    @property
    def every_pair(self) -> tuple[Pair, ...]:
        """All pairs that run the version once the run is done: those that it boots, then those that do
        already."""
        return (*self.pairs, *self.done)

    def roles_to_boot(self, host: str) -> tuple[str, ...]:
        """The roles that are booted on a host, the primary role first."""
        return tuple(pair.role for pair in self.pairs if pair.host == host)

    def is_gatekeeper(self, pair: Pair) -> bool:
        """Whether a pair's healthy container lets the other roles boot."""
        return pair.role == self.selection.primary_role


def make_plan(
    config: Config,
    selection: Selection,
    version: str,
    command: Command,
    *,
    skip_push: bool = False,
    on_failure: OnFailure | None = None,
) -> Plan:
    """Decides what `command` does with `version` on a selection. `on_failure` None leaves that to the
    configuration.

    Raises UsageError for a version that can not be an image's tag, PlanRefused if no role runs on the
    selected hosts, a role would wait for ever, or the image is to be built with buildpacks.
    """
    if not _TAG.fullmatch(version):
        raise UsageError(f"`{version}` can not be a version: it is not a valid image tag")
    if selection.primary_role is None:
        raise PlanRefused(
            f"no role runs on {', '.join(selection.hosts)}", fix="select hosts that run a role in deploy.yml"
        )
    builds = command.brings_image and not skip_push
    if builds and config.builder.pack is not None:
        raise PlanRefused(
            "images are not built with buildpacks here",
            fix="build and push with `kamal build push`, then deploy with --skip-push",
        )
    wanted = on_failure or config.backstaff.on_failure
    groups = boot_groups(config, selection)
    prove_reachable(groups, selection.primary_role, parallel_roles=config.boot.parallel_roles)
    return Plan(
        command=command,
        version=version,
        selection=selection,
        phases=_phases(command, builds=builds),
        groups=groups,
        barrier=barrier_of(groups, selection.primary_role),
        probes={pair: probe_of(config, config.role(pair.role)) for pair in selection.pairs},
        parallel_roles=config.boot.parallel_roles,
        group_wait=float(config.boot.wait or 0),
        warnings=warnings_of(config, selection),
        on_failure=wanted if command.can_go_back else OnFailure.STOP,
    )


def narrowed(config: Config, plan: Plan, done: Collection[Pair]) -> Plan:
    """The plan for all pairs of its selection but those that are `done`, which must have been seen to run its
    version just now. Raises PlanRefused if one of the others would wait for ever."""
    selection = plan.selection
    primary_role = selection.primary_role or ""
    kept = tuple(pair for pair in selection.pairs if pair in done)
    groups = boot_groups(config, selection, kept)
    prove_reachable(groups, primary_role, parallel_roles=plan.parallel_roles, done=kept)
    return replace(plan, groups=groups, barrier=barrier_of(groups, primary_role, kept), done=kept)


def _phases(command: Command, *, builds: bool) -> tuple[Phase, ...]:
    left_out = {Phase.ROLLBACK} if builds else {Phase.BUILD, Phase.ROLLBACK}
    if not command.brings_image:
        left_out.add(Phase.PULL)
    return tuple(phase for phase in Phase if phase not in left_out)
