"""What a scenario consists of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from backstaff.errors import ExitCode, UsageError
from backstaff.plan.plan import Command
from backstaff.simulator.spec import FleetSpec, RoleSpec

if TYPE_CHECKING:
    from backstaff.simulator.fleet import Fleet

FIRST = "v1"
NEXT = "v2"

Arrange = Callable[["Fleet"], None]


def _nothing(fleet: "Fleet") -> None:
    """Leave the hosts as the first deploy left them."""


@dataclass(frozen=True)
class Scenario:
    """One way in which a deploy goes, shown after a first deploy that goes well.

    `mode` is what the application of the next version does (see the simulator's `apps`). `roles` maps roles
    to how many hosts they get, `order` is the order in which hosts are given out. `settings` and `changes`
    are further keys of deploy.yml: at its root from the beginning, and of roles for the next deploy only.
    `arrange` makes things go wrong between the two deploys, or at an operation of the second. With
    `shows_plan` the second deploy begins with the proof that it can come to an end.
    """

    name: str
    summary: str
    code: ExitCode
    mode: str = "healthy"
    roles: Mapping[str, int] = field(default_factory=lambda: {"web": 2, "job": 2})
    order: tuple[str, ...] = ("web", "job")
    settings: Mapping[str, object] = field(default_factory=dict)
    changes: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    arrange: Arrange = _nothing
    version: str = NEXT
    then: Command | None = None
    shows_plan: bool = False

    def spec(self, hosts: int | None = None) -> FleetSpec:
        """The fleet for this scenario, with `hosts` hosts in the proportions of the roles.

        Raises UsageError if there are fewer hosts than roles.
        """
        if hosts is not None and hosts < len(self.roles):
            raise UsageError(
                f"scenario {self.name} needs at least {len(self.roles)} hosts",
                fix=f"its roles are {', '.join(self.order)}, each with a host of its own",
            )
        return FleetSpec(
            service="shop",
            roles=_shared_out(self.roles, self.order, hosts),
            versions={FIRST: "healthy", NEXT: self.mode},
            settings={"readiness_delay": 2, "deploy_timeout": 20, "drain_timeout": 5, **self.settings},
        )


def _shared_out(wanted: Mapping[str, int], order: tuple[str, ...], hosts: int | None) -> dict[str, RoleSpec]:
    """Hosts h1, h2, … for the roles in `order`; each role gets at least one, the first what is left over."""
    total = sum(wanted.values())
    counts = dict(wanted)
    if hosts is not None:
        counts = {role: max(1, hosts * count // total) for role, count in wanted.items()}
        counts[order[0]] += hosts - sum(counts.values())
    roles: dict[str, RoleSpec] = {}
    given = 0
    for role in order:
        names = tuple(f"h{number}" for number in range(given + 1, given + counts[role] + 1))
        given += counts[role]
        roles[role] = RoleSpec(names, "" if role.startswith("web") else "worker")
    return roles
