"""Embedded hosts: SSH servers with a Docker Engine in this very process, for demonstrations and tests.

A `Fleet` is described by a `FleetSpec` and lives as long as its context. Clients reach it over real sockets,
with real keys, and know nothing of it. `clock.py` says how its time passes, `apps.py` what its application
can do, `host.py` what can be made to go wrong.
"""

from backstaff.simulator.clock import ScaledClock, SkippingClock, run_skipping
from backstaff.simulator.faults import Operation
from backstaff.simulator.fleet import Fleet
from backstaff.simulator.host import SimulatedHost
from backstaff.simulator.spec import FleetSpec, RoleSpec, spread_roles
from backstaff.simulator.wanted import Wanted

__all__ = [
    "Fleet",
    "FleetSpec",
    "Operation",
    "RoleSpec",
    "ScaledClock",
    "SimulatedHost",
    "SkippingClock",
    "Wanted",
    "run_skipping",
    "spread_roles",
]
