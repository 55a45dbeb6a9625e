"""Round trips that a deploy over an existing version waits for, one after the other.

The hosts are simulated, and a relay stands before each of them that holds everything back for half of
`ROUND_TRIP_S` each way. Time passes only there: work takes none. So the length of a run, divided by a round
trip, is how many of them lie one after the other on the way to its end, whatever goes on beside them: the
handshakes of TCP and SSH, a channel that is opened, a command, each of the three requests of a `docker exec`.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from backstaff.errors import ExitCode
from backstaff.events.facts import Phase
from backstaff.events.types import PhaseEnded, PhaseStarted
from backstaff.simulator.clock import SkippingClock, run_skipping
from backstaff.simulator.fleet import Fleet
from backstaff.simulator.spec import FleetSpec
from tests.lab.relay import Relay
from tests.simulator.deploying import Ran, deploy

ROUND_TRIP_S = 1.0
"""Short against the deadlines of a run, which then all hold."""


@dataclass(frozen=True)
class Trips:
    """Round trips of one run: all of them, and those of each of its phases."""

    total: float
    phases: Mapping[Phase, float]

    @property
    def after_login(self) -> float:
        """Those that are left once the connections stand."""
        return self.total - self.phases[Phase.CONNECT]


def round_trips(spec: FleetSpec) -> Trips:
    """How many the second version of a fleet's application waits for when it is deployed over the first."""
    return counted(run_skipping(_over_an_existing_version(spec), standing=True))


async def _over_an_existing_version(spec: FleetSpec) -> Ran:
    async with Fleet(spec, SkippingClock()) as fleet:
        first = await deploy(fleet, "v1")
        assert first.code is ExitCode.DONE, first.board.failure
        async with far_away(fleet):
            return await deploy(fleet, "v2")


@asynccontextmanager
async def far_away(fleet: Fleet) -> AsyncIterator[None]:
    """While open, clients that read the fleet's ssh configuration reach the hosts over a distance."""
    near, address = fleet.ssh_config.read_text(), fleet.spec.address
    far, known = near, fleet.known_hosts.read_text()
    async with AsyncExitStack() as relays:
        for host in fleet.hosts.values():
            relay = Relay(address, host.port, ROUND_TRIP_S / 2)
            server = await relays.enter_async_context(await relay.listen(address, 0))
            port = server.sockets[0].getsockname()[1]
            far = far.replace(f"Port {host.port}\n", f"Port {port}\n")
            known += "".join(
                line.replace(f"]:{host.port} ", f"]:{port} ") + "\n"
                for line in known.splitlines()
                if f"]:{host.port} " in line
            )
        fleet.known_hosts.write_text(known)
        fleet.ssh_config.write_text(far)
        yield
        fleet.ssh_config.write_text(near)


def counted(ran: Ran) -> Trips:
    """The round trips of a run that was done over such a distance."""
    assert ran.code is ExitCode.DONE, ran.board.failure
    began: dict[Phase, float] = {}
    phases: dict[Phase, float] = {}
    for event in ran.events:
        match event.body:
            case PhaseStarted(phase=phase):
                began[phase] = event.t
            case PhaseEnded(phase=phase):
                phases[phase] = (event.t - began[phase]) / ROUND_TRIP_S
    return Trips(ran.events[-1].t / ROUND_TRIP_S, phases)
