"""What every part of a run shares: the configuration, the plan, the secrets, and the tools to work with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from backstaff.clock import Clock, LoopClock
from backstaff.config.credentials import SecretValue
from backstaff.config.models import Config, Role, Timeouts
from backstaff.engine.asking import Asking
from backstaff.engine.performer import Performer
from backstaff.engine.progress import Reporter
from backstaff.engine.questions import Operator
from backstaff.engine.waits import Waits
from backstaff.events.stream import EventStream
from backstaff.plan.plan import Plan


@dataclass(frozen=True)
class RunContext:
    """One run. `secrets` holds every secret that its hosts and hooks need, already resolved.

    `directory` is where deploy.yml's relative paths start. `environ` is the process environment as it was
    when the run began; the engine reads no other. Without an `operator` there is nobody to ask, and
    `asking` is None."""

    run_id: str
    command: str
    config: Config
    version: str
    performer: Performer
    stream: EventStream
    secrets: Mapping[str, SecretValue] = field(default_factory=dict)
    clock: Clock = field(default_factory=LoopClock)
    environ: Mapping[str, str] = field(default_factory=dict)
    directory: Path = field(default_factory=Path)
    operator: Operator | None = None
    waits: Waits = field(init=False)
    report: Reporter = field(init=False)
    asking: Asking | None = field(init=False)

    def __post_init__(self) -> None:
        """Makes the tools from the stream and the clock."""
        object.__setattr__(self, "waits", Waits(self.stream, self.clock))
        object.__setattr__(self, "report", Reporter(self.stream, self.clock))
        asking = self.operator and Asking(self.waits, self.operator, self.config.backstaff.unknown_hosts)
        object.__setattr__(self, "asking", asking)

    @property
    def timeouts(self) -> Timeouts:
        """Deadlines of `x-backstaff`."""
        return self.config.backstaff.timeouts

    @property
    def revealed(self) -> Mapping[str, str]:
        """The secrets' texts by name, for what consumes them; never for output."""
        return {name: value.reveal() for name, value in self.secrets.items()}


def roles_of(config: Config, plan: Plan, host: str) -> list[Role]:
    """The roles of a run on a host, in their order, those included that it need not boot."""
    return [config.role(name) for name in plan.selection.roles_on(host)]


def pair_name(role: str, host: str) -> str:
    """A role on a host, as people read it."""
    return f"{role}@{host}"


def listed(names: Sequence[str]) -> str:
    """Names for a sentence."""
    return ", ".join(names)
