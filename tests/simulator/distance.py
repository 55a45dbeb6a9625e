"""Round trips that a deploy over an existing version waits for, one after the other.

The hosts are simulated, and a relay stands before each of them that holds everything back for half of
`ROUND_TRIP_S` each way. Time passes only there: work takes none. So the length of a run, divided by a round
trip, is how many of them lie one after the other on the way to its end, whatever goes on beside them: the
handshakes of TCP and SSH, a channel that is opened, a command, each of the three requests of a `docker exec`.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from backstaff.config.models.ssh import SshKit
from backstaff.errors import ExitCode
from backstaff.events.facts import Phase
from backstaff.events.types import PhaseEnded, PhaseStarted
from backstaff.hosts.connect import SshConnector
from backstaff.simulator.clock import SkippingClock, run_skipping
from backstaff.simulator.fleet import Fleet
from backstaff.simulator.spec import FleetSpec
from tests.lab.relay import Relay
from tests.simulator.deploying import Ran, deploy

ROUND_TRIP_S = 1.0
"""Short against the deadlines of a run, which then all hold."""


@dataclass(frozen=True)
class Trips:
    """Round trips of one run: those of the logins to its hosts, which are made at once, all others, and those
    of each of its phases, of which the first has the logins in it."""

    login: float
    after_login: float
    phases: Mapping[Phase, float]


def round_trips(spec: FleetSpec) -> Trips:
    """How many the second version of a fleet's application waits for when it is deployed over the first."""
    return run_skipping(_over_an_existing_version(spec), standing=True)


async def _over_an_existing_version(spec: FleetSpec) -> Trips:
    async with Fleet(spec, SkippingClock()) as fleet:
        first = await deploy(fleet, "v1")
        assert first.code is ExitCode.DONE, first.board.failure
        async with far_away(fleet):
            login = await _login(fleet)
            return _counted(await deploy(fleet, "v2"), login)


async def _login(fleet: Fleet) -> float:
    """Round trips of a login that does nothing else."""
    connector = SshConnector(fleet.ssh, SshKit(), clock=fleet.clock)
    began = fleet.clock.now()
    host = await connector.connect(fleet.spec.hosts[0])
    took = fleet.clock.now() - began
    await host.close()
    return took / ROUND_TRIP_S


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
        # What was sent last arrives, and the relays end by themselves.
        await fleet.clock.sleep(2 * ROUND_TRIP_S)
        fleet.ssh_config.write_text(near)


def _counted(ran: Ran, login: float) -> Trips:
    assert ran.code is ExitCode.DONE, ran.board.failure
    began: dict[Phase, float] = {}
    phases: dict[Phase, float] = {}
    for event in ran.events:
        match event.body:
            case PhaseStarted(phase=phase):
                began[phase] = event.t
            case PhaseEnded(phase=phase):
                phases[phase] = (event.t - began[phase]) / ROUND_TRIP_S
    return Trips(login, ran.events[-1].t / ROUND_TRIP_S - login, phases)
